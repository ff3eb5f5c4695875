"""Use studies from Python: tables, results, exports, and release checks; generate answers and judge them.

``import ftcompare`` is quick. It loads the rest when you first use one of the names on this page.

    import ftcompare

    with ftcompare.open_study("review.ftstudy") as study:
        pair = study.results().comparisons[0]
        print(pair.b, pair.win_rate_b.value, pair.win_rate_b.low)
        votes = study.votes().to_pandas()
"""

from ftcompare.api.records import AnswerRecord as AnswerRecord
from ftcompare.api.records import ClaimRecord as ClaimRecord
from ftcompare.api.records import CountsRecord as CountsRecord
from ftcompare.api.records import GeneratedRecord as GeneratedRecord
from ftcompare.api.records import OverviewRecord as OverviewRecord
from ftcompare.api.records import PairRecord as PairRecord
from ftcompare.api.records import PartRecord as PartRecord
from ftcompare.api.records import PromptRecord as PromptRecord
from ftcompare.api.records import RateRecord as RateRecord
from ftcompare.api.records import RecordTable as RecordTable
from ftcompare.api.records import ResultsRecord as ResultsRecord
from ftcompare.api.records import SystemRecord as SystemRecord
from ftcompare.api.records import VoteRecord as VoteRecord
from ftcompare.api.study import OpenStudy as OpenStudy
from ftcompare.api.study import create_study as create_study
from ftcompare.api.study import open_study as open_study
from ftcompare.api.tracking import log_to_mlflow as log_to_mlflow
from ftcompare.api.tracking import log_to_wandb as log_to_wandb
from ftcompare.app.export.export_request import ExportOptions as ExportOptions
from ftcompare.app.export.exporting import ExportDone as ExportDone
from ftcompare.app.export.importing import ImportCounts as ImportCounts
from ftcompare.core.errors import BugError as BugError
from ftcompare.core.errors import EnvironmentFault as EnvironmentFault
from ftcompare.core.errors import FTCompareError as FTCompareError
from ftcompare.core.errors import UserError as UserError

__all__ = [name for name, one in vars().items() if getattr(one, "__module__", "").startswith("ftcompare")]
