//! Khettara's hands: what core and the programs around it need of an operating system. Knows no record.

pub mod chance;
pub mod clock;
pub mod driver;
pub mod key_file;
pub mod quic;
