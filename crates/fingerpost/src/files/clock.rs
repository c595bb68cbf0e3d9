use std::time::SystemTime;

/// The clock that the times of files are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Returns the current time.
    pub now: fn() -> SystemTime,
}

/// The clock of the system.
impl Default for Clock {
    fn default() -> Self {
        Self { now: SystemTime::now }
    }
}
