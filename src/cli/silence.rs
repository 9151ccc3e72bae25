//! How long nothing has come, where packets are read as they are captured. The core has no clock, so
//! somebody must tell it that time passes.

use crate::capture::Packet;
use crate::pipeline::Pipeline;
use crate::time::Timestamp;
use std::time::Instant;

/// The last packet: its time, and when it came.
#[derive(Debug, Default)]
pub struct Silence(Option<(Timestamp, Instant)>);

impl Silence {
    /// A packet came.
    #[expect(clippy::disallowed_methods, reason = "only whoever waits for packets knows how long")]
    pub fn end(&mut self, packet: &Packet<'_>) {
        self.0 = Some((packet.time, Instant::now()));
    }

    /// Nothing comes for now, and a pipeline is told since when.
    pub fn tell(&self, pipeline: &mut Pipeline) {
        pipeline.rest();
        if let Some(now) = self.now() {
            pipeline.wait_until(now);
        }
    }

    /// What the time is by the clock of the packets, to the second; `None` before the first.
    fn now(&self) -> Option<Timestamp> {
        let (last, since) = self.0?;
        Some(last.plus_seconds(i64::try_from(since.elapsed().as_secs()).unwrap_or(i64::MAX)))
    }
}
