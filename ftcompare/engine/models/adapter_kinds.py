"""The kinds of PEFT adapters: which are supported, with which settings, and why others are not.

A kind is supported if its layers replace the base's, can be switched off without changing the base, and are
completely contained in the adapter's folder. `tests/engine/models/test_adapter_kinds.py` tests this for every
supported kind with PEFT 0.21.2.

A LoRA may have settings that change the base itself (trained biases, PiSSA's residual base), that import code
by name (``megatron_core``), or that a later PEFT version added. The first two are refused for their effect,
the last because its effect is unknown, except for a null value, which is noted. ``auto_mapping``, which PEFT
writes for every adapter without a ``task_type``, is never needed and never followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LORA = "LORA"

COMMON_SETTINGS = frozenset({
    "auto_mapping", "base_model_name_or_path", "exclude_modules", "fan_in_fan_out",
    "inference_mode", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type", "peft_version",
    "revision", "target_modules", "task_type",
})  # fmt: skip
"""Settings of most kinds for which every value is accepted."""

COMMON_NEUTRAL: Mapping[str, tuple[object, ...]] = {"bias": ("none",)}
"""Settings of most kinds that are accepted only with these values, which have no effect."""

SIZES = frozenset({
    "block_size", "block_size_pattern", "boft_block_num", "boft_block_size", "depth", "gralora_k",
    "group_size", "hybrid_r", "init_r", "mini_r", "n_frequency", "n_frequency_pattern", "num_B",
    "num_cayley_neumann_terms", "num_vectors", "oft_block_size", "r", "rank_pattern", "stride_A", "target_r",
    "theta_d_length", "topk", "vector_length",
})  # fmt: skip
"""Settings that determine sizes of tensors or loops; none may exceed the number of its weights."""

LORA_SETTINGS = frozenset({
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "exclude_modules",
    "fan_in_fan_out", "inference_mode", "init_lora_weights", "layers_pattern", "layers_to_transform",
    "lora_alpha", "lora_bias", "lora_dropout", "modules_to_save", "peft_type", "peft_version", "r",
    "rank_pattern", "revision", "target_modules", "target_parameters", "task_type",
    "trainable_token_indices", "use_dora", "use_rslora",
})  # fmt: skip
"""Fields of PEFT's LoraConfig for which every value is accepted, or which are checked below."""

LORA_NEUTRAL: Mapping[str, tuple[object, ...]] = {
    **dict.fromkeys(
        ("alora_invocation_tokens", "arrow_config", "corda_config", "eva_config", "kasa_config",
         "layer_replication", "lora_ga_config", "megatron_config", "monteclora_config", "velora_config"),
        (None,),
    ),
    "bias": ("none",),
    "loftq_config": (None, {}),
    "megatron_core": (None, "megatron.core"),
    "qalora_group_size": (16,),
    "runtime_config": (None, {}, {"ephemeral_gpu_offload": False}),
    "use_bdlora": (None, False),
    "use_qalora": (False,),
}  # fmt: skip
"""Fields accepted only with these values, which have no effect; with those above, all of PEFT 0.21.2."""

OF_TRAINERS: Mapping[str, tuple[object, ...]] = {
    "lora_dtype": (), "lorap_emb_lr": (), "lorap_lr_ratio": (), "merge_weights": (),
    "swift_type": ("LORA", None), "use_merged_linear": (False, None), "use_qa_lora": (False, None),
}  # fmt: skip
"""Fields that PEFT before 0.3 and ms-swift wrote and that PEFT does not have, with the accepted values: every
value where none is listed, because the field only describes the training."""


@dataclass(frozen=True, slots=True)
class AdapterKind:
    """A supported kind of adapter."""

    title: str  # name as its authors write it
    prefix: str  # prefix of the names of its tensors
    settings: frozenset[str] = frozenset()  # settings of this kind for which every value is accepted
    # settings accepted only with these values, which are PEFT's defaults unless listed
    neutral: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    rank: str = ""  # the setting that gives its rank; empty where it has none
    # the setting that, if false, has part of the adapter generated from a seed; "always" where it always is,
    # empty where all of it is in the folder
    drawn: str = ""
    adds: bool = False  # whether it adds a matrix to the base's weights that does not depend on them

    @property
    def taken(self) -> frozenset[str]:
        """Every setting of which all values are accepted."""
        return COMMON_SETTINGS | self.settings

    @property
    def known(self) -> frozenset[str]:
        """Every setting that the configuration may contain."""
        return self.taken | self.neutral.keys() | COMMON_NEUTRAL.keys()


def _kind(
    title: str, prefix: str, settings: str = "", *, rank: str = "", drawn: str = "", adds: bool = False,
    **neutral: tuple[object, ...],
) -> AdapterKind:  # fmt: skip
    """Settings are separated by spaces; ``rank`` is one of them, ``neutral`` are additional ones."""
    own = frozenset(settings.split()) | ({rank} if rank else set())
    return AdapterKind(title, prefix, own, neutral, rank, drawn, adds)


LORA_KIND = AdapterKind("LoRA", "lora_", LORA_SETTINGS, LORA_NEUTRAL, rank="r", adds=True)

_ADALORA = AdapterKind(
    "AdaLoRA",
    "lora_",
    LORA_SETTINGS
    | {"beta1", "beta2", "deltaT", "init_r", "orth_reg_weight", "target_r", "tfinal", "tinit", "total_step"},
    {**LORA_NEUTRAL, "use_dora": (False,)},
    rank="target_r",
    adds=True,
)

_ALPHAS = "alpha alpha_pattern init_weights module_dropout rank_dropout rank_pattern use_effective_conv2d"
_PROJECTION = "init_weights d_initial projection_prng_key save_projection"

KINDS: Mapping[str, AdapterKind] = {
    "ADALORA": _ADALORA,
    "BEFT": _kind("BEFT", "beft_", "init_weights"),
    # More than one factor needs a CUDA extension that PEFT would compile.
    "BOFT": _kind("BOFT", "boft_", "boft_block_size boft_block_num boft_dropout init_weights",
                  boft_n_butterfly_factor=(1,)),
    "C3A": _kind("C3A", "c3a_", "block_size block_size_pattern init_weights", adds=True),
    "DEFT": _kind("DEFT", "deft_", "decomposition_method init_scale alpha para deft_dropout init_weights",
                  rank="r"),
    "DELORA": _kind("DeLoRA", "delora_", "delora_lambda lambda_pattern module_dropout init_weights "
                    "rank_pattern", rank="r", adds=True),
    "FOURIERFT": _kind("FourierFT", "fourierft_",
                       "n_frequency n_frequency_pattern scaling random_loc_seed init_weights",
                       drawn="always", adds=True),
    "GLORA": _kind("GLoRA", "glora_", "config_A_B config_C config_D_E init_weights", rank="r"),
    "GRALORA": _kind("GraLoRA", "gralora_", "hybrid_r alpha gralora_dropout gralora_k init_weights",
                     rank="r", adds=True),
    "HIRA": _kind("HiRA", "hira_", "hira_dropout init_weights rank_pattern", rank="r"),
    "HRA": _kind("HRA", "hra_", "r apply_GS init_weights"),
    "IA3": _kind("IA³", "ia3_", "feedforward_modules init_ia3_weights"),
    "LILY": _kind("Lily", "lily_", "stride_A num_B scaling init_weights", rank="r"),
    "LN_TUNING": _kind("LN tuning", "ln_tuning_"),
    "LOHA": _kind("LoHa", "hada_", _ALPHAS, rank="r", adds=True),
    "LOKR": _kind("LoKr", "lokr_", _ALPHAS + " decompose_both decompose_factor rank_dropout_scale",
                  rank="r", adds=True),
    "MISS": _kind("MiSS", "miss_", "miss_dropout mini_r init_weights", rank="r"),
    "OFT": _kind("OFT", "oft_", "r oft_block_size module_dropout init_weights coft eps block_share "
                 "use_cayley_neumann num_cayley_neumann_terms"),
    "PEANUT": _kind("PEANuT", "peanut_", "depth act_fn scaling init_weights", rank="r"),
    # Drawing its vectors anew in each pass would give different answers each time.
    "PVERA": _kind("PVeRA", "pvera_", _PROJECTION + " pvera_dropout generator_seed", rank="r",
                   drawn="save_projection", adds=True, sample_at_inference=(False,)),
    "RANDLORA": _kind("RandLoRA", "randlora_", "projection_prng_key save_projection sparse very_sparse "
                      "randlora_dropout randlora_alpha init_weights", rank="r", drawn="save_projection",
                      adds=True),
    "ROAD": _kind("RoAd", "road_", "variant group_size init_weights"),
    "SHIRA": _kind("SHiRA", "shira_", "r random_seed init_weights", adds=True, mask_type=("random",)),
    "SUPERTUNING": _kind("Supertuning", "supertuning_", "sparsity select_top r lora_alpha lora_dropout "
                         "init_weights", adds=True, save_precomputed_indices=(True,)),
    "TRAINABLE_TOKENS": _kind("Trainable Tokens", "trainable_tokens_", "token_indices init_weights"),
    "UNILORA": _kind("Uni-LoRA", "unilora_", "proj_seed theta_d_length unilora_dropout init_theta_d_bound "
                     "init_weights save_indices", rank="r", drawn="save_indices", adds=True),
    "VBLORA": _kind("VB-LoRA", "vblora_", "num_vectors vector_length topk vblora_dropout "
                    "init_vector_bank_bound init_logits_std", rank="r", adds=True,
                    save_only_topk_weights=(False,)),
    "VERA": _kind("VeRA", "vera_", _PROJECTION + " vera_dropout", rank="r", drawn="save_projection",
                  adds=True),
    "WAVEFT": _kind("WaveFT", "waveft_", "n_frequency n_frequency_pattern scaling wavelet_family use_idwt "
                    "random_loc_seed proportional_parameters init_weights", drawn="always", adds=True),
}  # fmt: skip
"""The supported kinds other than LoRA, by PEFT's name."""

_TOKENS = "it puts virtual tokens before each prompt, so the two sides would not get the same tokens"
_ANEW = "its layers are worked out anew from the base whenever it is loaded, so its folder is not all of it"

REFUSED: Mapping[str, str] = {
    "ADAMSS": "it needs a further library (scikit-learn)",
    "ADAPTION_PROMPT": _TOKENS,
    "CARTRIDGE": _TOKENS,
    "CPT": _TOKENS,
    "FROD": _ANEW,
    "MULTITASK_PROMPT_TUNING": _TOKENS,
    "OSF": _ANEW,
    "P_TUNING": _TOKENS,
    "POLY": "it mixes several adapters, and which it takes is told by each prompt's task",
    "PREFIX_TUNING": _TOKENS,
    "PROMPT_TUNING": _TOKENS,
    "PSOFT": _ANEW,
    "SHADOW": "it is a second model that runs beside the base",
    "TINYLORA": _ANEW,
    "XLORA": "it mixes several LoRAs, which lie in folders of their own",
}
"""Why the other kinds of PEFT 0.21.2 are not supported, by PEFT's name."""


def kind_of(peft_type: str) -> AdapterKind:
    return LORA_KIND if peft_type == LORA else KINDS[peft_type]
