"""Small networks in the ways in which people write them, for from_torch.py."""
import torch
from torch import nn
from torch.nn import functional


class Unit(nn.Module):
    def __init__(self, before, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride = stride

    def forward(self, x):
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.stride != 1:  # no parameters: every other place, and channels of zeros
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, out.shape[1] - x.shape[1]))
        out += x
        return functional.relu(out)


class Residual(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.register_buffer('mean', torch.tensor([.5, .4, .3]).view(1, 3, 1, 1))
        self.stem = nn.Conv2d(3, 8, 3, padding='same')
        self.layer1 = nn.Sequential(Unit(8, 8), Unit(8, 8), Unit(8, 8))
        self.layer2 = nn.Sequential(Unit(8, 12, 2), Unit(12, 12))
        self.drop = nn.Dropout(.1)
        self.fc = nn.Linear(12, classes)

    def forward(self, x):
        x = self.stem((x - self.mean) / .25).relu()
        x = self.layer2(self.layer1(x))
        x = functional.avg_pool2d(x, x.size()[2:])
        return self.fc(self.drop(x.view(x.size(0), -1)))


class Squeeze(nn.Module):
    """One by vectors, one by maps of 1×1; and a branch that is dropped in training."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, bias=False)
        self.act = nn.Hardswish()
        self.fc1, self.fc2 = nn.Linear(8, 4), nn.Linear(4, 8)
        self.conv1, self.conv2 = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.drop_path = DropPath(.2)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.act(self.conv(x))
        factors = self.fc2(functional.silu(self.fc1(x.mean([2, 3]))))
        x = x * factors.sigmoid()[:, :, None, None]
        factors = self.conv2(self.act(self.conv1(functional.adaptive_avg_pool2d(x, 1))))
        x = x + self.drop_path(functional.hardsigmoid(factors) * x)
        return self.fc(x.amax((2, 3)))


class DropPath(nn.Module):
    def __init__(self, drop_prob):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        if not self.training:
            return x
        return x * torch.bernoulli(torch.full((len(x), 1, 1, 1), 1 - self.drop_prob)) / (1 - self.drop_prob)


class Shuffle(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, 2, 1)
        self.left = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.right = nn.Sequential(nn.Conv2d(3, 3, 1), nn.PReLU(3))
        self.gain = nn.Parameter(torch.rand(12))
        self.norm = nn.GroupNorm(3, 12)
        self.classes = nn.Conv2d(12, 4, 1)

    def forward(self, x):
        a, b = self.stem(x).chunk(2, dim=1)
        b, c = torch.split(b, [3, 3], 1)
        x = torch.cat((self.left(a), self.right(b), c), dim=1)
        n, channels, height, width = x.shape
        x = x.view(n, 3, channels // 3, height, width).transpose(1, 2).contiguous().view(n, -1, height, width)
        x = torch.clamp(self.norm(x * self.gain.view(1, -1, 1, 1)), -1, 2)
        return self.classes(x).mean(dim=(-1, -2))


class Next(nn.Module):
    """Channels last, as in ConvNeXt."""

    def __init__(self, channels, forms):
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 5, padding=2, groups=channels, padding_mode='reflect')
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, 2 * channels), nn.Linear(2 * channels, channels)
        self.gamma = nn.Parameter(torch.rand(channels))
        self.forms = forms

    def forward(self, x):
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(self.norm(y))))
        if self.forms:  # the sum is of channels last
            return torch.roll(y + x.permute(0, 2, 3, 1), (1, -2), (1, 2)).permute(0, 3, 1, 2)
        return x + y.permute(0, 3, 1, 2)


class Permuted(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 4, 4)
        self.blocks = nn.Sequential(Next(6, False), Next(6, False), Next(6, True))
        self.tokens = nn.Linear(6, 8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        tokens = self.blocks(self.stem(x)).flatten(2).transpose(1, 2)
        return self.head(functional.softmax(self.tokens(tokens), -1).mean(1))


class Maps(nn.Module):
    """Two outputs, both maps."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 6, 2, 2)
        self.join = nn.Conv2d(12, 6, 3, padding=(1, 0))
        self.norm = nn.InstanceNorm2d(6, affine=True)
        self.head, self.aux = nn.Conv2d(6, 2, 1), nn.Conv2d(8, 2, 1)
        self.drop = nn.Dropout2d(.3)

    def forward(self, x):
        one, places = functional.max_pool2d(functional.elu(self.down1(x)), 2, return_indices=True)
        two = self.drop(functional.leaky_relu(self.down2(functional.avg_pool2d(one, 2)), .2))
        y = torch.cat([one[:, :, 1:-1, :], self.up(two)[..., 1:-1, :]], 1)
        y = 1 - 2 * self.norm(self.join(functional.pad(y, (1, 1, 1, 1))))
        y = functional.max_unpool2d(torch.maximum(y, one), places, 2)
        return {'output': functional.interpolate(self.head(y), scale_factor=2, mode='bilinear', align_corners=False),
                'aux': functional.interpolate(self.aux(two), x.shape[-2:])}


class Lacking(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, padding_mode='circular')
        self.again = nn.Conv2d(4, 4, 1)
        self.part = nn.Sequential(nn.ReLU(), nn.Tanh())
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)
        self.bias = nn.Parameter(torch.zeros(4, 1, 1))
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.part(self.conv(x)) + self.bias * self.bias.exp()[:1]
        x = x + self.bias
        x = self.again(self.again(x)).cumsum(1)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = self.attention(tokens, tokens, tokens)[0]
        return self.fc(functional.dropout(tokens.mean(1)))
