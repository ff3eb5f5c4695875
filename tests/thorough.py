"""The tests that `make test` leaves to `make slow` and `make coverage`, by the beginnings of their names.

`make test` is to take ten minutes on two cores. What stands here guards what only breaks where its own folder
is changed, or drives whole programs, browsers and many models; who changes such a folder runs its tests whole
(`.venv/bin/pytest tests/ui/rate`). The nearest test to the user of every job stays in `make test`.
"""

from __future__ import annotations

PROGRAMS = (
    "test_benchmark_scripts.py",
    "test_wheel.py::test_the_program_works",
    "test_wheel.py::test_the_sdist_builds",
    "test_wheel.py::test_a_wheel_that_lacks",
    "end_to_end/test_every_kind_of_system.py",
    "end_to_end/test_faults_in_words.py",
    "end_to_end/test_prompted_base.py",
    "end_to_end/test_rater_program.py",
    "end_to_end/test_reasoning_stays_hidden.py",
    "end_to_end/test_scripted_raters.py",
    "end_to_end/test_three_packs.py",
    "end_to_end/test_three_turns.py",
    "end_to_end/test_without_test_libraries.py",
    "cli/generate/test_attribute.py",
    "cli/generate/test_benchmark.py",
    "cli/generate/test_generation_bounds.py",
    "cli/generate/test_models.py",
    "cli/test_cli_hostile_input.py",
    "app/self_test/test_self_test.py::test_the_demo_model",
    "app/self_test/test_self_test.py::test_pairs_that_are_not_written",
)
"""Programs started from nothing, killed, built, and run on real models."""

BROWSERS = (
    "browser/test_marking_in_a_browser.py",
    "browser/test_page_by_touch.py",
    "browser/test_received_page.py",
    "browser/test_settings_of_a_page.py",
    "browser/test_what_a_page_stores.py",
)
"""Pages of packs; a pack is rated in Chromium and Firefox in `make test`, too."""

MODELS = (
    "app/judges/test_reward_run.py::test_a_real_reward_model",
    "engine/local/test_local_benchmark.py",
    "engine/local/test_local_evaluate.py",
    "engine/local/test_local_judge.py",
    "engine/local/test_local_reasoning.py",
    "engine/local/test_local_reward.py",
    "engine/local/test_local_scoring.py",
    "engine/local/test_local_worker.py",
    "engine/local/test_models_on_disk.py",
    "engine/local/test_quantisation.py",
    "engine/models/test_adapter_kinds.py",
    "engine/protocol/test_worker_faults.py",
    "engine/stacked_lora/test_stacked_lora_models.py::test_logits_in_half_precision",
    "engine/stacked_lora/test_stacked_lora_models.py::test_texts_are",
    "engine/stacked_lora/test_static_step.py",
    "resources/test_demo_model.py::test_base_and_adapter_are_fluent",
    "resources/test_demo_model.py::test_general_topics",
    "resources/test_demo_model.py::test_held_out_prompts",
)
"""Kinds and files of models beyond those that the tests of writing and verifying load."""

WINDOW = (
    "ui/generate/test_benchmark.py",
    "ui/generate/test_generate_download.py",
    "ui/generate/test_generate_groups.py",
    "ui/generate/test_generate_settings.py",
    "ui/layout/test_layout.py::test_nothing_is_cut_off",
    "ui/live/test_live_engine.py",
    "ui/raters/test_letter_dialog.py",
    "ui/rate/test_conversations.py",
    "ui/rate/test_rate_context.py",
    "ui/rate/test_rate_differences.py",
    "ui/rate/test_rate_find.py",
    "ui/rate/test_rate_marks.py",
    "ui/rate/test_rate_own_answers.py",
    "ui/rate/test_rate_random_keys.py",
    "ui/rate/test_rate_reference.py",
    "ui/rate/test_rate_refusals.py",
    "ui/rate/test_rate_room.py",
    "ui/release/test_gate_form.py",
    "ui/release/test_suite_runs.py",
    "ui/results/test_code_and_label_runs.py",
    "ui/results/test_contamination.py",
    "ui/results/test_cost_tab.py",
    "ui/results/test_how_computed.py",
    "ui/results/test_judge_dialog.py",
    "ui/results/test_measure_runs.py",
    "ui/results/test_report_button.py",
    "ui/results/test_result_charts.py",
    "ui/results/test_results_tabs.py",
    "ui/results/test_tab_stops.py",
    "ui/review/test_attributing.py",
    "ui/review/test_candidate_term.py",
    "ui/review/test_likelihood.py",
    "ui/review/test_marking.py",
    "ui/review/test_reading_pane.py",
    "ui/review/test_shading.py",
    "ui/review/test_term_lists.py",
    "ui/setup/test_planner.py",
    "ui/setup/test_recipes_in_setup.py",
    "ui/setup/test_setup_create.py",
    "ui/setup/test_setup_systems.py",
    "ui/shell/test_pack_window.py",
    "ui/shell/test_theme.py",
    "ui/shell/test_window_access.py",
    "ui/shell/test_window_left_study.py",
    "ui/text/test_hostile_texts.py::test_a_page_shows",
    "ui/text/test_horizontal_scroll.py",
)
"""Cards, dialogs, narrow windows and rare states of pages."""

FIGURES = (
    "app/export/test_every_character.py::test_reports",
    "app/generate/test_code_run.py::test_stopping",
    "app/report/test_report_files.py",
    "app/report/test_report_fonts.py",
    "app/results/test_asked_pairs.py::test_a_pair_that_is_counted_only",
    "app/results/test_code_tests.py::test_ctrl_c",
    "app/results/test_contamination.py::test_a_large_file",
    "checks/test_code_sandbox.py::test_code_ends_with",
    "formats/test_glossary_files.py::test_a_damaged_file",
    "store/study/test_large_studies.py",
)
"""Large files, damage at random places, programs that are stopped, and the pages of PDF reports."""

THOROUGH = tuple(f"tests/{name}" for name in PROGRAMS + BROWSERS + MODELS + WINDOW + FIGURES)
