//! The caps that a deployment may want to change, each with its default and its reason. The others
//! stand beside the code that they guard; docs/limits.md has them all, and says what happens at each.
//!
//! A capture is hostile input: whatever it can make grow has a limit. At a limit the oldest doubt is
//! settled at once (a hole is given up, a body is no longer kept), and the stream goes on. Exchanges
//! that this touches have a note.

/// How much is kept of IP datagrams that were split.
#[derive(Debug, Clone, Copy)]
pub struct FragmentLimits {
    /// Datagrams that wait for fragments. At 64 KiB each, which IP itself sets, this is 16 MiB at
    /// worst; the systems that receive fragments hold 4 MiB or so.
    pub open_datagrams: usize,
    /// Seconds (of packet time) after which the number of a datagram that never became whole may be
    /// another's. Hosts wait 30 to 60 seconds; the number has 16 bits and soon comes round.
    pub age_seconds: u64,
    /// Seconds (of packet time) without a fragment after which a datagram is joined with another
    /// only if its checksum is right. Fragments leave their sender one behind the other, and even a
    /// modem brings five or six in a second; a busy sender uses all numbers in about that time.
    pub doubt_seconds: u64,
    /// How many datagrams may begin between the same ends, without another fragment of an earlier one,
    /// before that one is doubted in the same way. Linux drops it then (`ipfrag_max_dist`).
    pub newer_datagrams: usize,
}

impl Default for FragmentLimits {
    fn default() -> Self {
        Self { open_datagrams: 256, age_seconds: 30, doubt_seconds: 1, newer_datagrams: 64 }
    }
}

/// Headers of one packet that are looked behind, tags and tunnels included. Real ones have about
/// ten, a mobile operator's mirrored traffic near twenty; more would be a forged nest.
pub const NESTED_HEADERS: usize = 32;

/// How often one packet may complete a datagram: once for a tunnel that was split, once more for
/// what came to it already split.
pub const NESTED_DATAGRAMS: usize = 2;

/// How much one connection may hold back, in bytes and segments.
#[derive(Debug, Clone, Copy)]
pub struct TcpLimits {
    /// Bytes of one direction that wait for an earlier byte. A receive window is rarely larger
    /// than 1 MiB on the networks that are captured; past that, waiting is hopeless.
    pub held_bytes: usize,
    /// Chunks of one direction that wait. Guards against one-byte segments, whose bookkeeping
    /// would outweigh their bytes.
    pub held_chunks: usize,
    /// Segments to wait for a byte that the receiver has acknowledged: it will not be sent again,
    /// and only a capture that is out of order can still bring it.
    pub patience_segments: u32,
    /// Seconds (of packet time) to wait for such a byte.
    pub patience_seconds: u64,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self { held_bytes: 1 << 20, held_chunks: 4096, patience_segments: 64, patience_seconds: 2 }
    }
}

/// How many connections are remembered.
#[derive(Debug, Clone, Copy)]
pub struct TableLimits {
    /// Above this many connections, idle ones are given up. Below it none is, so that a keep-alive
    /// connection that slept for an hour is still the same connection.
    pub crowded: usize,
    /// Seconds (of packet time) without a segment after which a connection counts as idle.
    pub idle_seconds: u64,
    /// Connections that are remembered at most, at about 1 KiB each. Past it a quarter is given up
    /// whatever their age, those that carried nothing first: a flood of SYNs costs no more.
    pub most: usize,
}

impl Default for TableLimits {
    fn default() -> Self {
        Self { crowded: 65_536, idle_seconds: 60, most: 262_144 }
    }
}

/// Connections that are over and remembered, at 60 bytes each. Two generations of so many are kept in
/// each lane. Late copies of a segment come within seconds.
pub const PAST_CONNECTIONS: usize = 8192;

/// Connections that were over last, in each lane, of which everything is kept: an end may have been
/// forged, and the stream go on behind it.
pub const LINGERING: usize = 32;

/// How much of an HTTP message is read and kept.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// Bytes of a message head. Servers stop at 8 to 64 KiB; a head that runs on past this is not
    /// a head.
    pub head_bytes: usize,
    /// Requests that wait for their response on one connection. Browsers send six at most;
    /// pipelining tests send thousands.
    pub open_exchanges: usize,
    /// Bytes of one chunk-size line, extensions included.
    pub chunk_line: usize,
    /// Bytes of a body that are kept when bodies are asked for.
    pub kept_body: usize,
    /// Bytes that undoing a content coding may give.
    pub decoded_body: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head_bytes: 256 << 10,
            open_exchanges: 16_384,
            chunk_line: 4096,
            kept_body: 64 << 10,
            decoded_body: 256 << 10,
        }
    }
}

/// Exchanges that are complete and wait for an earlier one to end, so that the output is in
/// capture order. Past this the oldest are let go.
pub const HELD_EXCHANGES: usize = 100_000;

/// Among how many the connections of a file are divided, whatever the number of threads. Each gets
/// its part of what the budget allows. More would divide that too finely; fewer would leave
/// processors idle.
pub const LANES: usize = 8;

/// With less memory than this there is one lane only: parts of it would be too small, and threads
/// take memory of their own.
const MEMORY_FOR_LANES: usize = 256 << 20;

/// What the program itself takes, and the blocks and lines that are on their way between threads.
const FIXED_MEMORY: usize = 40 << 20;

/// What a connection may cost in which nothing is open and nothing waits: twice what it mostly does, its
/// place in the table and what an allocator rounds up included.
const CONNECTION: usize = 2 << 10;

/// The least memory that can be asked for.
pub const LEAST_MEMORY: usize = 64 << 20;

/// How a figure for the whole is divided among what can grow.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// For IP datagrams that were split.
    pub fragments: FragmentLimits,
    /// For each connection.
    pub tcp: TcpLimits,
    /// For the number of connections.
    pub table: TableLimits,
    /// Bytes that all connections together may hold: data that waits for earlier data, heads that
    /// are not whole, exchanges that are not finished.
    pub open_bytes: usize,
    /// Bytes of finished exchanges that wait for an earlier one to end.
    pub finished_bytes: usize,
    /// Bytes that the story of a report may take, as far as they can be told beforehand.
    pub story_bytes: usize,
    /// Among how many the connections are divided: [`LANES`] at most.
    pub lanes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            fragments: FragmentLimits::default(),
            tcp: TcpLimits::default(),
            table: TableLimits::default(),
            open_bytes: 256 << 20,
            finished_bytes: 128 << 20,
            story_bytes: usize::MAX,
            lanes: LANES,
        }
    }
}

impl Budget {
    /// A budget that keeps the whole program within so many bytes, if those are at least
    /// [`LEAST_MEMORY`].
    ///
    /// Connections get a quarter of what is to be divided, open exchanges and waiting data a
    /// quarter, finished exchanges an eighth. The rest is what an allocator loses between them. A story
    /// gets three quarters: while the capture is read it takes less than half of that, and then the others are
    /// gone.
    pub fn within(memory: usize) -> Self {
        let shared = memory.max(LEAST_MEMORY).saturating_sub(FIXED_MEMORY);
        let whole = Self::default();
        let most = (shared / 4 / CONNECTION).min(whole.table.most);
        let datagrams = (shared / 16) / (64 << 10);
        Self {
            fragments: FragmentLimits {
                open_datagrams: datagrams.min(whole.fragments.open_datagrams),
                ..whole.fragments
            },
            tcp: TcpLimits { held_bytes: (shared / 16).min(whole.tcp.held_bytes), ..whole.tcp },
            table: TableLimits { most, crowded: most.min(whole.table.crowded), ..whole.table },
            open_bytes: shared / 4,
            finished_bytes: shared / 8,
            story_bytes: shared / 4 * 3,
            lanes: if memory < MEMORY_FOR_LANES { 1 } else { LANES },
        }
    }

    /// The part of each lane.
    #[must_use]
    pub fn of_lane(self) -> Self {
        let count = self.lanes.max(1);
        let table = TableLimits {
            crowded: self.table.crowded / count,
            most: self.table.most / count,
            ..self.table
        };
        Self { table, open_bytes: self.open_bytes / count, ..self }
    }
}
