//! Stories. Each file is one sentence that must be true.

mod a_base_outlives_its_processes;
mod a_clock_a_year_wrong;
mod a_clone_is_noticed;
mod a_closed_device_is_not_stranded;
mod a_failed_flush_and_the_next_save;
mod a_forged_segment_is_refused;
mod a_missing_ground_is_asked_for;
mod a_relay_with_its_own_root_is_refused;
mod a_stranger_relay_learns;
mod a_visit_reaches_headquarters;
mod a_week_offline;
mod an_old_relay_backup_is_healed;
mod an_unknown_kind_is_held_and_forwarded;
mod any_order_gives_one_digest;
mod delivered_twice_changes_nothing;
mod early_words_bind_nothing;
mod one_log_too_many;
mod receipts_replace_by_ordinal;
mod rights_that_widen_are_used_at_once;
mod streams_overtake_frames;
mod the_battery_dies_while_saving;
mod the_photographed_qr;
mod the_relay_restarts_in_the_middle;
mod twins_are_told_apart;
mod two_tablets_meet_and_one_carries_the_others_work;
