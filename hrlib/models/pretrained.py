"""Pretrained image encoders through transformers, frozen or fine-tuned."""

from __future__ import annotations

import inspect
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.models.encoder import check_parts, unit_parts
from hrlib.models.hub import ONLY_WEIGHTS, check_whole, not_there, transformers_for

RESIZE = {2: "bilinear", 3: "bicubic"}  # PIL's numbers, as preprocessor_config.json has them
# their pooler is a layer that most checkpoints do not have: it would be left at random
WITHOUT_POOLER = ("deit", "vit")
CLIP = "clip_vision_model"


class PretrainedEncoder(nn.Module):
    """Photos (B, 3, H, W) in 0..1 to unit vectors (B, dim), by a network that has seen many others before.

    A photo is resized, whole and whatever its shape, to the size that the network was made for (there is no centre crop: it would cut what
    fills the photo), and gets the mean and deviation of the checkpoint's own preprocessor. The features are what the family offers:

    | family | features |
    |---|---|
    | DINOv2, DINOv3 | the class token behind the last normalisation |
    | ViT, DeiT | the same |
    | CLIP, SigLIP and others with a text encoder | the image encoder's pooled token, before the projection into the joint space |
    | ResNet, ConvNeXt, RegNet, Swin, EfficientNet, MobileNet | the average over the last map |
    | timm/... | timm's own pooling |

    Args:
        backbone: a model of transformers; `load` makes it from a name.
        preprocessor: the values of the checkpoint's preprocessor_config.json.
        dim: of a linear layer behind the features; None: the features themselves.
        frozen: the backbone is left as it is: no gradient, and evaluation mode also in training. Only the linear layer learns.
        image_size: height and width that photos are resized to, instead of the network's own: smaller is quicker.
        parts: of equal length that the embedding is made of.
    """

    def __init__(
        self,
        backbone: nn.Module,
        preprocessor: dict[str, Any],
        dim: int | None = None,
        *,
        frozen: bool = False,
        image_size: int | None = None,
        parts: int = 1,
    ):
        super().__init__()
        self.backbone, self.frozen, self.parts = backbone.eval(), frozen, parts
        self.size = _size(preprocessor) if image_size is None else (image_size, image_size)
        self.mode = RESIZE.get(preprocessor.get("resample"), "bicubic")
        # positions are stretched to other sizes than the network's own; DINO does that without being asked
        asked = "interpolate_pos_encoding" in inspect.signature(backbone.forward).parameters
        self.options = {"interpolate_pos_encoding": True} if asked else {}
        normalise = preprocessor.get("do_normalize", True)
        for name, neutral in (("mean", 0.0), ("std", 1.0)):
            values = preprocessor[f"image_{name}"] if normalise else [neutral] * 3
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)
        if frozen:
            backbone.requires_grad_(False)
        with torch.no_grad():
            width = _pooled(self._output(torch.zeros(1, 3, *self.size))).shape[1]
        self.dim = width if dim is None else dim
        check_parts(self.dim, parts)
        self.head = nn.Identity() if dim is None else nn.Linear(width, dim)

    def train(self, mode: bool = True) -> PretrainedEncoder:
        """As of any module, but a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        return unit_parts(self.head(self.features(images)), self.parts)

    def features(self, images: Tensor) -> Tensor:
        """What the embedding is made of: (B, the network's own width), not of unit length."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            return _pooled(self._output(images))

    def local_features(self, images: Tensor, grid: int = 4) -> tuple[Tensor, Tensor]:
        """`features`, and averages of the network's last map, or of its patches, over the cells of a grid: (B, F) and (B, grid * grid, F)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            output = self._output(images)
            cells = F.adaptive_avg_pool2d(self._map(output["last_hidden_state"]), grid)
            return _pooled(output), cells.flatten(2).transpose(1, 2)

    def _output(self, images: Tensor) -> Any:
        images = images.float()  # under mixed precision they come in bf16, which cannot be resized on a processor
        if images.shape[2:] != self.size:
            images = F.interpolate(images, self.size, mode=self.mode, antialias=True).clamp(0, 1)
        return self.backbone((images - self.mean) / self.std, **self.options)

    def _map(self, last: Tensor) -> Tensor:
        """The last states as a map (B, F, height, width): patches stand row by row behind the class token and its like."""
        if last.ndim == 4:
            return last
        patch = getattr(self.backbone.config, "patch_size", None)
        height, width = (side // patch for side in self.size) if isinstance(patch, int) else (0, 0)
        if not 0 < height * width <= last.shape[1]:
            raise HrlibError(
                f"the {last.shape[1]} last states of a {type(self.backbone).__name__} are no patches of the photo: take a ViT, DeiT, DINO, CLIP "
                "or a convolutional network where parts of photos are asked for"
            )
        # CLIP normalises the class token alone; its patches come into the same space by the same layer
        normalised = getattr(self.backbone, "post_layernorm", None) if self.backbone.config.model_type == CLIP else None
        patches = last[:, -height * width :] if normalised is None else normalised(last[:, -height * width :])
        return patches.transpose(1, 2).unflatten(2, (height, width))


def load(
    name: str, dim: int | None = None, *, frozen: bool = False, image_size: int | None = None, parts: int = 1
) -> PretrainedEncoder:
    """The pretrained encoder `name`: a model on the Hugging Face hub, such as "facebook/dinov2-small", "microsoft/resnet-50" or (with timm
    installed) "timm/resnet50.a1_in1k", or a local folder with config.json, model.safetensors and preprocessor_config.json.

    A name is downloaded on its first use into the cache, HF_HOME. Only safetensors are read: nothing is unpickled, no code of the hub is run.

    Raises:
        HrlibError: transformers is not installed, or the model is not there, or cannot be used; it says what to do.
    """
    auto = transformers_for(name)
    from transformers.image_processing_base import (
        ImageProcessingMixin,
    )

    try:
        config = auto.AutoConfig.from_pretrained(name, trust_remote_code=False)
        config = getattr(config, "vision_config", config)  # of a pair of image and text encoders, the image one
        if config.model_type == "timm_wrapper":
            preprocessor = _of_timm(config.pretrained_cfg)
        else:
            preprocessor, _ = ImageProcessingMixin.get_image_processor_dict(name)
        without_pooler = {"add_pooling_layer": False} if config.model_type in WITHOUT_POOLER else {}
        backbone, report = auto.AutoModel.from_pretrained(name, config=config, **ONLY_WEIGHTS, **without_pooler)
        check_whole(name, backbone, report)
        return PretrainedEncoder(backbone, preprocessor, dim, frozen=frozen, image_size=image_size, parts=parts)
    except HrlibError:
        raise
    except Exception as error:  # transformers raises all kinds on a configuration that is odd or of another network
        raise HrlibError(not_there(name, error)) from error


def _pooled(output: Any) -> Tensor:
    """The features (B, F) in what a network of transformers gives."""
    if output.get("pooler_output") is not None:
        return output["pooler_output"].flatten(1)
    last = output["last_hidden_state"]
    return last[:, 0] if last.ndim == 3 else last.mean((2, 3))


def _of_timm(settings: dict[str, Any]) -> dict[str, Any]:
    """timm's settings of a checkpoint in the words of the others."""
    height, width = settings["input_size"][1:]
    mode = {name: number for number, name in RESIZE.items()}.get(settings.get("interpolation"))
    size = {"height": height, "width": width}
    return {"image_mean": settings["mean"], "image_std": settings["std"], "size": size, "resample": mode}


def _size(preprocessor: dict[str, Any]) -> tuple[int, int]:
    """Height and width that the network was made for, from the several ways to write it."""
    crop = preprocessor.get("do_center_crop", "crop_size" in preprocessor) and preprocessor.get("crop_size")
    size = crop or preprocessor.get("size")
    if isinstance(size, dict):
        size = (size["height"], size["width"]) if "height" in size else size.get("shortest_edge")
    if not size:
        raise HrlibError(
            "the preprocessor says no size: give image_size, the height and width that the network expects"
        )
    return (size, size) if isinstance(size, int) else tuple(size)
