//! The used part of `arc-swap`, on the primitives of Shuttle. Every load and store may be delayed.

use std::{fmt, ops::Deref, sync::Arc};

use shuttle::sync::Mutex;

pub struct ArcSwap<T>(Mutex<Arc<T>>);

pub struct Guard<T>(T);

impl<T> ArcSwap<T> {
    pub fn new(value: Arc<T>) -> Self {
        Self(Mutex::new(value))
    }

    pub fn from_pointee(value: T) -> Self {
        Self::new(Arc::new(value))
    }

    pub fn load(&self) -> Guard<Arc<T>> {
        Guard(self.load_full())
    }

    pub fn load_full(&self) -> Arc<T> {
        Arc::clone(&self.0.lock().expect("no thread panics during a load or store"))
    }

    pub fn store(&self, value: Arc<T>) {
        let mut current = self.0.lock().expect("no thread panics during a load or store");
        let old = std::mem::replace(&mut *current, value);
        drop(current);
        drop(old);
    }

    pub fn rcu<R: Into<Arc<T>>>(&self, mut update: impl FnMut(&Arc<T>) -> R) -> Arc<T> {
        loop {
            let old = self.load_full();
            let new = update(&old).into();
            let mut current = self.0.lock().expect("no thread panics during a load or store");
            if Arc::ptr_eq(&current, &old) {
                *current = new;
                return old;
            }
        }
    }
}

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Default> Default for ArcSwap<T> {
    fn default() -> Self {
        Self::from_pointee(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for ArcSwap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArcSwap").field(&self.load_full()).finish()
    }
}
