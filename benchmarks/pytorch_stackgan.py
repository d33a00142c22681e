"""Stage I of StackGAN in plain PyTorch: the same layers and losses as the `paper` recipe here.

Written for the benchmark only. `SharedStep` updates generator and discriminator from one forward
pass, as `t2i_utils.stackgan.update` does. `SeparateStep` generates once and runs the discriminator
on the fakes twice, once for each update, as the public PyTorch code of Zhang et al. (ICCV 2017,
arXiv 1612.03242) does.
"""

from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]

CONDITION_SIZE, NOISE_SIZE, KL_WEIGHT = 128, 100, 2.0


def convolve_normalised(inputs: int, outputs: int, kernel: int, stride: int, *after: Any) -> Any:
    """Convolution, BatchNorm and the modules in `after`; "same" padding."""
    padding = 1 if kernel > 1 else 0
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        *after,
    )


def upsample_normalised(inputs: int, outputs: int, *after: Any) -> Any:
    """Nearest upsampling, 3x3 convolution, BatchNorm and the modules in `after`."""
    return nn.Sequential(
        nn.Upsample(scale_factor=2), convolve_normalised(inputs, outputs, 3, 1, *after)
    )


class ResidualBottleneck(nn.Module):
    """A 1x1 convolution to fewer channels, a 3x3 one, a 3x3 one back; added to the input."""

    def __init__(self, channels: int, inner: int, activation: Any) -> None:
        super().__init__()
        self.block = nn.Sequential(
            convolve_normalised(channels, inner, 1, 1, activation),
            convolve_normalised(inner, inner, 3, 1, activation),
            convolve_normalised(inner, channels, 3, 1),
        )
        self.activation = activation

    def forward(self, maps: Any) -> Any:
        """Maps (batch, channels, height, width) to the same shape."""
        return self.activation(maps + self.block(maps))


class Generator(nn.Module):
    """Embedding, noise and epsilon to pictures (batch, 3, 64, 64), mu and log sigma."""

    def __init__(self, width: int, embedding_width: int) -> None:
        super().__init__()
        self.width = width
        self.conditioning = nn.Linear(embedding_width, 2 * CONDITION_SIZE)
        self.start = nn.Sequential(
            nn.Linear(CONDITION_SIZE + NOISE_SIZE, 4 * 4 * 8 * width, bias=False),
            nn.BatchNorm1d(4 * 4 * 8 * width),
        )
        self.body = nn.Sequential(
            ResidualBottleneck(8 * width, 2 * width, nn.ReLU()),
            upsample_normalised(8 * width, 4 * width),
            ResidualBottleneck(4 * width, width, nn.ReLU()),
            upsample_normalised(4 * width, 2 * width, nn.ReLU()),
            upsample_normalised(2 * width, width, nn.ReLU()),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(width, 3, 3, padding=1, bias=False),
            nn.Tanh(),
        )

    def forward(self, embedding: Any, noise: Any, epsilon: Any) -> tuple[Any, Any, Any]:
        """Draw pictures."""
        hidden = functional.leaky_relu(self.conditioning(embedding), 0.2).float()
        mu, log_sigma = hidden.chunk(2, dim=1)
        condition = mu + log_sigma.exp() * epsilon
        maps = self.start(torch.cat([condition, noise], dim=1))
        return self.body(maps.view(-1, 8 * self.width, 4, 4)), mu, log_sigma


class Discriminator(nn.Module):
    """A trunk on pictures, and a head on the trunk's features and the text."""

    def __init__(self, width: int, embedding_width: int) -> None:
        super().__init__()
        leaky = nn.LeakyReLU(0.2)
        self.trunk = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1, bias=False),
            leaky,
            convolve_normalised(width, 2 * width, 4, 2, leaky),
            convolve_normalised(2 * width, 4 * width, 4, 2),
            convolve_normalised(4 * width, 8 * width, 4, 2),
            ResidualBottleneck(8 * width, 2 * width, leaky),
        )
        self.text = nn.Sequential(nn.Linear(embedding_width, CONDITION_SIZE), leaky)
        self.head = nn.Sequential(
            convolve_normalised(8 * width + CONDITION_SIZE, 8 * width, 1, 1, leaky),
            nn.Conv2d(8 * width, 1, 4, bias=False),
            nn.Flatten(),
        )

    def judge(self, features: Any, embedding: Any) -> Any:
        """Logits of features (batch, 8 * width, 4, 4) with sentences, in float32."""
        text = self.text(embedding)[:, :, None, None].expand(-1, -1, 4, 4)
        return self.head(torch.cat([features, text], dim=1)).float()


class Step:
    """One training step on a fixed batch."""

    def __init__(
        self,
        generator_width: int,
        discriminator_width: int,
        batch: dict[str, Any],
        precision: str,
        channels_last: bool,
    ) -> None:
        embedding_width = batch["embeddings"].shape[1]
        self.generator = Generator(generator_width, embedding_width)
        self.discriminator = Discriminator(discriminator_width, embedding_width)
        self.batch = {name: torch.from_numpy(values) for name, values in batch.items()}
        self.batch["images"] = self.batch["images"].permute(0, 3, 1, 2).contiguous()
        if channels_last:
            for model in (self.generator, self.discriminator):
                model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
            self.batch["images"] = self.batch["images"].to(memory_format=torch.channels_last)
        self.mixed = precision == "mixed_bfloat16"
        self.optimizers = [
            torch.optim.Adam(model.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for model in (self.discriminator, self.generator)
        ]

    def draw(self) -> tuple[Any, Any, Any]:
        """Pictures, mu and log sigma of the batch's sentences."""
        return self.generator(self.batch["embeddings"], self.batch["noise"], self.batch["epsilon"])

    def discriminator_loss(self, fake_logits: Any) -> Any:
        """Right text, wrong text and fake, weighted 1, 1/2 and 1/2."""
        features = self.discriminator.trunk(self.batch["images"])
        real = self.discriminator.judge(features, self.batch["embeddings"])
        wrong = self.discriminator.judge(features, self.batch["wrong_embeddings"])
        return functional.softplus(-real).mean() + 0.5 * (
            functional.softplus(wrong).mean() + functional.softplus(fake_logits).mean()
        )

    def judge_fake(self, fake: Any) -> Any:
        """Logits of drawn pictures with the text they were drawn from."""
        return self.discriminator.judge(self.discriminator.trunk(fake), self.batch["embeddings"])

    def __call__(self) -> tuple[float, float]:
        """Update both players once; return their losses."""
        raise NotImplementedError


class SharedStep(Step):
    """Generator and discriminator are updated from one forward pass, as in this project."""

    def __call__(self) -> tuple[float, float]:
        """Update both players once; return their losses."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.mixed):
            fake, mu, log_sigma = self.draw()
            fake_logits = self.judge_fake(fake)
            d_loss = self.discriminator_loss(fake_logits)
            g_loss = generator_loss(fake_logits, mu, log_sigma)
        groups = [list(model.parameters()) for model in (self.discriminator, self.generator)]
        found = [
            torch.autograd.grad(d_loss, groups[0], retain_graph=True),
            torch.autograd.grad(g_loss, groups[1]),
        ]
        for optimizer, group, gradients in zip(self.optimizers, groups, found, strict=True):
            for parameter, gradient in zip(group, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
        return d_loss.item(), g_loss.item()


class SeparateStep(Step):
    """The discriminator is updated first; then it runs on the same fakes for the generator."""

    def __call__(self) -> tuple[float, float]:
        """Update both players once; return their losses."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.mixed):
            fake, mu, log_sigma = self.draw()
            d_loss = self.discriminator_loss(self.judge_fake(fake.detach()))
        self.discriminator.zero_grad()
        d_loss.backward()
        self.optimizers[0].step()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.mixed):
            g_loss = generator_loss(self.judge_fake(fake), mu, log_sigma)
        self.generator.zero_grad()
        g_loss.backward()
        self.optimizers[1].step()
        return d_loss.item(), g_loss.item()


def generator_loss(fake_logits: Any, mu: Any, log_sigma: Any) -> Any:
    """Non-saturating loss and the weighted KL divergence."""
    kl = (-log_sigma + 0.5 * ((2 * log_sigma).exp() + mu.square()) - 0.5).mean()
    return functional.softplus(-fake_logits).mean() + KL_WEIGHT * kl


def num_parameters(model: Any) -> int:
    """The number of trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
