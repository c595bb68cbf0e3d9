use std::{
    cell::RefCell,
    mem::take,
    ops::{Deref, DerefMut},
};

/// The bytes of a file. Dropping a buffer retains the memory for the next file of this thread: allocating memory from the
/// system takes longer than reading a small file.
#[derive(Default)]
pub(crate) struct Buffer(Vec<u8>);

/// The maximum number of retained buffers per thread: one for the bytes of a file, one for the rewritten bytes.
const SPARES: usize = 2;

/// The maximum capacity of a retained buffer in bytes. Larger buffers are freed.
const LARGEST_SPARE: usize = 4 * 1024 * 1024;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Buffer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut bytes = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        bytes.reserve(capacity);
        Self(bytes)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = take(&mut self.0);
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < SPARES && bytes.capacity() <= LARGEST_SPARE {
                bytes.clear();
                spare.push(bytes);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_a_dropped_buffer_is_reused() {
        let mut first = Buffer::with_capacity(1000);
        first.extend_from_slice(b"abc");
        let place = first.as_ptr();
        drop(first);
        let second = Buffer::with_capacity(10);
        assert_eq!((second.as_ptr(), second.len()), (place, 0));

        drop(Buffer::with_capacity(LARGEST_SPARE + 1));
        assert!(Buffer::with_capacity(0).capacity() <= LARGEST_SPARE);
    }
}
