use std::time::SystemTime;

/// The clock that file times are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Returns the current time.
    pub now: fn() -> SystemTime,
}

/// The system clock.
impl Default for Clock {
    fn default() -> Self {
        Self { now: SystemTime::now }
    }
}
