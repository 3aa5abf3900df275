//! Stories of whole programs: tablets, a relay and headquarters on real folders, over real QUIC on loopback.

mod a_closed_tablet_is_told_and_a_person_releases_its_work;
mod a_second_relay_takes_what_the_first_cannot;
mod a_visit_at_headquarters_is_said_so;
mod the_relay_is_killed_and_comes_back;
mod town;
mod two_workers_edit_one_household;
