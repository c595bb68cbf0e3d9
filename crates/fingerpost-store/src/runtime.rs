//! A thread with its own async runtime, so that the functions of this crate can be called from any thread.

use std::{
    future::Future,
    io,
    sync::{Arc, mpsc},
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

use crate::progress::{Progress, Step, Steps};

/// The thread ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    handle: Handle,
    _stop: Arc<oneshot::Sender<()>>,
}

impl Runtime {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, (stop, stopped)) = (runtime.handle().clone(), oneshot::channel::<()>());
        thread::Builder::new().name("fingerpost-store".to_owned()).spawn(move || {
            // The sender is dropped and never used.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _stop: Arc::new(stop) })
    }

    /// Runs a future on the thread of the runtime, and blocks the calling thread until the result is available.
    pub(crate) fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        self.run_with(|_| future, &())
    }

    /// Runs like [`run`](Self::run), and reports the progress on the calling thread.
    pub(crate) fn run_with<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        task: impl FnOnce(Steps) -> F,
        progress: &dyn Progress,
    ) -> T {
        let (sender, receiver) = mpsc::channel();
        let future = task(Steps::new(sender.clone()));
        self.handle.spawn(async move {
            let result = future.await;
            // The calling thread may have panicked.
            let _ = sender.send(Step::Done(result));
        });
        loop {
            match receiver.recv().expect("the task sends its result") {
                Step::Progress(step) => step.report(progress),
                Step::Done(result) => return result,
            }
        }
    }
}
