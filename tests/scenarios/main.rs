//! Stories. Each file is one sentence that must be true.

mod a_clock_a_year_wrong;
mod a_clone_is_noticed;
mod a_failed_flush_and_the_next_save;
mod a_visit_reaches_headquarters;
mod a_week_offline;
mod an_old_relay_backup_is_healed;
mod delivered_twice_changes_nothing;
mod the_battery_dies_while_saving;
mod the_relay_restarts_in_the_middle;
mod twins_are_told_apart;
