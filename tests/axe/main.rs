//! Stories in which the power is cut, processes are killed and stores are damaged, on real files and real processes.
//!
//! ```text
//! a_tablet_loses_power_while_it_saves   the shim, and what a disk may hold afterwards
//! a_tablet_is_killed_while_it_saves     the same without the power cut
//! a_tablet_is_killed_while_it_syncs     the same, with a relay that takes what it brings
//! a_busy_relay_is_killed                a relay's process, or the power of its machine, under tablets that sync
//! a_store_is_damaged                    one place of a tablet's files is changed
//! notes      visits that can be checked without a list        life      one life of a tablet, in a process of its own
//! tablet     a tablet that is killed again and again           platter   what a disk may hold after a power cut
//! ```

mod a_busy_relay_is_killed;
mod a_store_is_damaged;
mod a_tablet_is_killed_while_it_saves;
mod a_tablet_is_killed_while_it_syncs;
mod a_tablet_loses_power_while_it_saves;
mod life;
mod notes;
mod platter;
mod tablet;
#[path = "../real/town.rs"]
#[allow(dead_code)] // the stories of whole programs use the rest
mod town;
