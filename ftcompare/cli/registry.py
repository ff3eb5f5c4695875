"""The commands by name. A module is imported when one of its commands runs, so that the others start fast."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "add": ("setup", "Add systems or prompts to a study."),
    "adjudications": ("corrections", "List the pairs that a senior rater decided or still has to decide."),
    "answers": ("answers", "List every answer, or send their prompts to raters."),
    "attribute": ("attribution", "Show which words of the prompt a passage of an answer depends on."),
    "calibration": ("automatic_measures", "Compare the systems' confidence with their accuracy."),
    "check": ("study", "Verify that a study or pack has not been altered."),
    "checks": ("automatic_measures", "Show which answers pass the checks of their prompts."),
    "consistency": ("automatic_measures", "Show how often a system repeats the same answer."),
    "correct": ("corrections", "Save the corrected text of an answer."),
    "corrections": ("corrections", "List the answers that experts corrected."),
    "demo": ("generate", "Run the main job on the demo model, then rate."),
    "doctor": ("machine", "Show what this machine offers and what is missing."),
    "error-scheme": ("marks", "Show or set the kinds of errors that experts mark."),
    "exclude": ("raters", "Exclude a rater from the results, or include one again."),
    "export": ("export", "Export training rows, judgments, responses, or the whole study."),
    "gate": ("release", "Check studies against the conditions of a release."),
    "generate": ("generate", "Generate the pairs that are missing."),
    "glossary": ("glossary", "List, replace, merge, or save a study's glossary."),
    "import": ("export", "Import judgments or responses made elsewhere."),
    "info": ("study", "Describe a study, pack, or result."),
    "judge": ("judges", "Have a model judge a study's answers."),
    "judged-by-programs": ("automatic_measures", "Combine a program's additional judgments with people's."),
    "judges": ("judges", "List a study's judges and their verdicts."),
    "label-likelihood": ("labels_and_code", "Show the label that each system finds most likely."),
    "leakage": ("contamination", "Search a training file for a study's prompts."),
    "ledger": ("release", "Compare the results of successive checkpoints."),
    "letter": ("raters", "Print the letter to send with a rater's pack."),
    "make-contexts": ("context_maker", "Create prompts with other kinds of context."),
    "marks": ("marks", "List, export, or import the errors that experts marked."),
    "measure": ("benchmark", "Measure each system's tokens, time, memory, and cost."),
    "measures": ("automatic_measures", "Show all automatic measures of each system."),
    "merge": ("packs", "Merge the judgments from rater packs."),
    "new": ("setup", "Create a study from models and a file of prompts."),
    "open": ("machine", "Open a study or rater pack in the window."),
    "pack": ("packs", "Create a pack with the pairs for one rater."),
    "raters": ("raters", "List raters and their progress."),
    "recipe": ("recipe", "Show or set the system prompt and messages that systems receive."),
    "remarks": ("review", "List the pairs that raters flagged, commented on, or skipped."),
    "results": ("results", "Show the win rates, or write a report."),
    "retention": ("retention", "Compare benchmark results before and after fine-tuning."),
    "run-code": ("labels_and_code", "Run the code in answers with their tests (pass@k)."),
    "safety": ("automatic_measures", "Show which prompts the systems refuse, and which no longer."),
    "safety-probes": ("safety_probes", "Write prompts for the safety screen."),
    "score": ("benchmark", "Compute each system's likelihood of each response."),
    "self-test": ("machine", "Test this installation, from the engine to the window."),
    "suite": ("release", "Test a new adapter on a fixed set of prompts."),
    "terms": ("review", "Compare the terms and words that the systems use."),
    "unblind": ("study", "Show the systems by name from now on."),
}
"""The module and the summary of each command, in the order of the list that ``--help`` prints."""


class LazyGroup(click.Group):
    """A group that imports the module of a command of `COMMANDS` when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """The names of all commands, in alphabetical order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        """Import a command; None if there is no command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, summary = COMMANDS[cmd_name]
        members = vars(import_module(f"ftcompare.cli.{module}")).values()
        command = next(one for one in members if isinstance(one, click.Command) and one.name == cmd_name)
        command.short_help = summary
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click calls it
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])
