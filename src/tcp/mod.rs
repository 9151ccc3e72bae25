//! From segments to streams: every connection's two directions, each byte once and in order, and
//! an event for whatever is missing.
//!
//! [`Table`] finds the connection of a segment, [`Connection`] puts it in its place. Nothing here
//! knows what the bytes mean.

mod assembler;
mod connection;
mod delivery;
mod doubts;
mod half;
mod past;
mod rare;
mod reuse;
mod seq;
mod side;
mod straight;
mod table;

pub use assembler::{Assembler, Chunk};
pub use connection::{Connection, End, Event, Mark, What};
pub use doubts::Doubt;
pub use seq::{Origin, Seq};
pub use side::Side;
pub use straight::Straight;
pub use table::{Entry, Table};
