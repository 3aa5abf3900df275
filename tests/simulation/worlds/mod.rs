//! Worlds: one per seed. Who lives in it, what they write, what goes wrong, what must hold all the same.

mod cost;
pub(crate) mod life;
mod mischief;
mod oracle;
mod peace;
mod people;
mod reading;
mod ruling;
mod swarm;
mod writing;
