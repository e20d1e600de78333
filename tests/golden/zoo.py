#!/usr/bin/env python3
"""The networks of graphs/ held against torchvision's own, live: the number of parameters, the answers with
random weights and random running statistics, and the losses of two steps of training from there.

    zoo.py NONTRIVIAL GRAPHS [--full] [NAME...]

Exits 77 (skipped) where torchvision is not installed. Without --full those are left out whose file differs from
another's in numbers alone, unless they are named, and the others are small: few layers or
channels where both sides have parameters for that, few classes and pixels; with it they are as they are
published. The program is run as a user would: torchvision's state_dict, saved by torch.save, goes into
`show`, `eval` and `train`.

Another network is another row of CASES."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from networks import settings_of

LOGITS_WITHIN, LOSSES_WITHIN = 1e-5, 1e-3  # of the largest logit; of a loss
IMAGES, STEPS = 2, 2
STEP_DOWN = .1  # what the first step should take off the loss, to first order

# As another but for numbers of layers or channels, which the short form changes anyway.
SIBLINGS = {'vgg13', 'vgg13_bn', 'vgg19', 'vgg19_bn', 'resnet101', 'resnet152', 'wide_resnet101_2', 'resnext101_32x8d',
            'densenet169', 'densenet201', 'efficientnet_b1', 'efficientnet_b2', 'resnet56'}

STILL = {'dropout': 0}
ALONE = ({}, {'aux_logits': False, 'init_weights': False})  # without what helps only in training


class Case:
    """A graph and what makes its peer. `small` and `full` are (parameters of the graph, arguments of the
    peer); the number of classes and the size are added to both. `peer` is a name in torchvision.models, or
    a function of the number of classes and the arguments. `smaller` is such a one for the small network.
    `still` are parameters of the graph that take out what is random in training. `published` is the
    number of parameters by default, if that is not what torchvision says of its weights; False where the
    defaults make another network."""

    def __init__(self, graph, peer=None, size=224, small_size=64, small=None, full=None, smaller=None,
                 still=None, maps=False, published=None):
        self.graph, self.peer, self.smaller = graph, peer or graph, smaller
        self.sizes = {'small': small_size, 'full': size}
        self.changes = {'small': small or ({}, {}), 'full': full or ({}, {})}
        self.still, self.maps, self.published = still or {}, maps, published

    def classes(self, mode):
        return 10 if mode == 'small' or self.maps else 1000

    def settings(self, mode):
        return {'classes': self.classes(mode), 'size': self.sizes[mode], **self.still,
                **self.changes[mode][0]}

    def make(self, mode):
        import torchvision
        maker = self.smaller if mode == 'small' and self.smaller else self.peer
        if isinstance(maker, str):
            maker = getattr(torchvision.models, maker)
        return maker(num_classes=self.classes(mode), **self.changes[mode][1])


# --- peers ------------------------------------------------------------------------------------------


def narrow(units, **more):
    """A ResNet of bottlenecks with a quarter of the channels."""
    def make(num_classes):
        from torch import nn
        from torchvision.models.resnet import Bottleneck, ResNet

        class Narrow(ResNet):
            def _make_layer(self, block, planes, *args, **kwargs):
                if planes == 64:
                    self.inplanes = 16
                return super()._make_layer(block, planes // 4, *args, **kwargs)

        net = Narrow(Bottleneck, units, **more)
        net.conv1, net.bn1 = nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16)
        net.fc = nn.Linear(512, num_classes)
        return net
    return make


def alexnet(num_classes, hidden):
    import torchvision
    from torch import nn
    net = torchvision.models.alexnet(num_classes=num_classes)
    net.classifier[1] = nn.Linear(256 * 6 * 6, hidden)
    net.classifier[4] = nn.Linear(hidden, hidden)
    net.classifier[6] = nn.Linear(hidden, num_classes)
    return net


def vgg(letter, norm):
    """With an eighth of the channels."""
    def make(num_classes):
        from torch import nn
        from torchvision.models.vgg import VGG, cfgs, make_layers
        layers = make_layers([v if v == 'M' else v // 8 for v in cfgs[letter]], norm)
        net = VGG(nn.Identity(), num_classes)
        net.features = layers
        net.classifier[0] = nn.Linear(64 * 7 * 7, 16)
        net.classifier[3], net.classifier[6] = nn.Linear(16, 16), nn.Linear(16, num_classes)
        return net
    return make


def dense(units):
    def make(num_classes):
        from torchvision.models.densenet import DenseNet
        return DenseNet(block_config=units, num_classes=num_classes)
    return make


def resnet(graph, units, **more):
    return Case(graph, smaller=narrow(units, **more), small=({'width': 16}, {}))


def very_deep(layers, letter):
    """VGG without and with normalisation. The file vgg16 is for CIFAR-10 by default, and normalised."""
    for name, norm in (f'vgg{layers}', False), (f'vgg{layers}_bn', True):
        more = {'head': 'imagenet', 'norm': norm} if name == 'vgg16' else {}
        yield Case(name, smaller=vgg(letter, norm), published=False if more else None,
                   small=({'width': 8, 'hidden': 16, **more}, {}), full=(more, {}), still=STILL)


def densenet(graph, units):
    return Case(graph, smaller=dense(units), small=({'layers': units}, {}))


def segmenter(name, **more):
    """One of torchvision's networks for masks."""
    def make(num_classes):
        import torchvision
        maker = getattr(torchvision.models.segmentation, name)
        return maker(weights=None, weights_backbone=None, num_classes=num_classes, **more)
    return make


def dilated(name, family, head):
    """FCN or DeepLabV3 on a ResNet of one bottleneck a stage, with the auxiliary head."""
    def make(num_classes):
        from torchvision.models import _utils, segmentation
        from torchvision.models.resnet import Bottleneck, ResNet
        module = getattr(segmentation, name)
        net = ResNet(Bottleneck, [1, 1, 1, 1], replace_stride_with_dilation=[False, True, True])
        backbone = _utils.IntermediateLayerGetter(net, {'layer4': 'out', 'layer3': 'aux'})
        return getattr(module, family)(backbone, getattr(module, head)(2048, num_classes),
                                       segmentation.fcn.FCNHead(1024, num_classes))
    return make


def convnext(num_classes):
    """Narrow, of six units."""
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt
    return ConvNeXt([CNBlockConfig(16, 32, 1), CNBlockConfig(32, 64, 1), CNBlockConfig(64, 128, 3),
                     CNBlockConfig(128, None, 1)], num_classes=num_classes)


def cifar(graph, maker, published, small=None, full=None):
    """One of cifar_networks, which takes the graph's params."""
    def make(num_classes, **params):
        import cifar_networks
        return getattr(cifar_networks, maker)(num_classes, **params)
    return Case(graph, make, size=32, small_size=32, small=(small or {},) * 2, full=(full or {},) * 2,
                published=published)


CASES = [
    Case('alexnet', smaller=alexnet, small=({'hidden': 16}, {'hidden': 16}), still=STILL),
    *very_deep(11, 'A'),
    *very_deep(13, 'B'),
    *very_deep(16, 'D'),
    *very_deep(19, 'E'),
    resnet('resnet101', [3, 4, 23, 3]),
    resnet('resnet152', [3, 8, 36, 3]),
    resnet('wide_resnet50_2', [3, 4, 6, 3], width_per_group=128),
    resnet('wide_resnet101_2', [3, 4, 23, 3], width_per_group=128),
    resnet('resnext50_32x4d', [3, 4, 6, 3], groups=32, width_per_group=4),
    resnet('resnext101_32x8d', [3, 4, 23, 3], groups=32, width_per_group=8),
    densenet('densenet121', [2, 1, 3, 1]),
    densenet('densenet169', [1, 2, 1, 3]),
    densenet('densenet201', [1, 1, 4, 1]),
    Case('googlenet', small=ALONE, full=ALONE, still=STILL),
    Case('inception_v3', size=299, small_size=128, small=ALONE, full=ALONE, still=STILL,
         published=23834568),
    Case('squeezenet1_0', still=STILL),
    Case('squeezenet1_1', still=STILL),
    Case('mobilenet_v2', still=STILL, small=({'width': .5}, {'width_mult': .5})),
    Case('mobilenet_v3_small', still=STILL),
    Case('mobilenet_v3_large', still=STILL),
    Case('mnasnet1_0', still=STILL, smaller='mnasnet0_5', small=({'width': .5}, {})),
    Case('shufflenet_v2_x1_0', smaller='shufflenet_v2_x0_5', small=({'widths': [24, 48, 96, 192, 1024]}, {})),
    Case('efficientnet_b0', still={'dropout': 0, 'drop': 0}),
    Case('efficientnet_b1', size=240, still={'dropout': 0, 'drop': 0}),
    Case('efficientnet_b2', size=288, still={'dropout': 0, 'drop': 0}),
    Case('regnet_x_400mf'),
    Case('regnet_y_400mf'),
    Case('convnext_tiny', smaller=convnext, small=({'width': 16, 'units': [1, 1, 3, 1]}, {}), still={'drop': 0}),
    Case('fcn_resnet50', segmenter('fcn_resnet50', aux_loss=True), maps=True, small_size=40,
         smaller=dilated('fcn', 'FCN', 'FCNHead'), small=({'units': [1, 1, 1, 1]}, {}), still=STILL,
         published=35_322_218),
    Case('deeplabv3_resnet50', segmenter('deeplabv3_resnet50', aux_loss=True), maps=True, small_size=40,
         smaller=dilated('deeplabv3', 'DeepLabV3', 'DeepLabHead'), small=({'units': [1, 1, 1, 1]}, {}),
         still={'dropout': 0, 'pyramid_dropout': 0}, published=42_004_074),
    Case('lraspp_mobilenet_v3_large', segmenter('lraspp_mobilenet_v3_large'), maps=True, published=3_221_538),
    cifar('resnet20', 'resnet20', 269_722),
    cifar('resnet56', 'resnet20', 855_770, *({'units': 9, 'option': 'B'},) * 2),
    cifar('preact-resnet18', 'preact_resnet18', 11_172_170, {'width': 8}),
    cifar('preact-resnet18', 'preact_resnet18', 11_171_146, {'width': 8, 'last': False}, {'last': False}),
    cifar('wrn-28-10', 'wrn_28_10', 36_479_194, {'units': 2, 'widen': 1}),
    cifar('densenet-bc-100-12', 'densenet_bc', 769_162, {'growth': 4, 'layers': 5}),
]

# --- PyTorch ----------------------------------------------------------------------------------------


def build(case, mode):
    """The peer without its own initial values, which take longer than all else."""
    from torch import nn
    names = [name for name in dir(nn.init) if name.endswith('_') and not name.startswith('_') and
             name not in ('constant_', 'zeros_', 'ones_')]
    kept = {name: getattr(nn.init, name) for name in names}
    for name in names:
        setattr(nn.init, name, lambda tensor, *args, **kwargs: tensor)
    try:
        net = case.make(mode)
    finally:
        for name, function in kept.items():
            setattr(nn.init, name, function)
    for module in net.modules():
        if hasattr(module, 'p') and isinstance(module.p, float):
            module.p = 0.  # dropout of any kind
    return net


def published_network(graph):
    """The peer of a graph, by its name, for those who only look how fast it is."""
    return build(next(case for case in CASES if case.graph == graph), 'full')


def randomise(net, images):
    """He's deviation for kernels, no affine parameter 0 or 1. Running statistics are those of the images,
    which keeps what goes through a deep network in bounds, and then are moved off them, none near 0, where
    rounding would count for much. Logits of up to 10."""
    import torch
    from torch import nn
    layers = [module for name, module in net.named_modules()
              if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and not name.startswith('aux')]
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.normal_(.5, .3) if name.endswith('bias') else parameter.uniform_(.5, 1.5)
        for layer in layers:
            layer.weight.normal_(0, (2 / layer.weight[0].numel()) ** .5)
        kept = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 1
        net.train()(images)
        for norm, momentum in zip(norms, kept):
            norm.momentum = momentum
            mean, variance = norm.running_mean, norm.running_var
            mean.add_(variance.sqrt() * .2 * torch.randn_like(mean))
            variance.mul_(torch.empty_like(mean).uniform_(.5, 2)).add_(variance.mean() / 4)
        scale = 10 / first(net.eval()(images)).abs().max()
        layers[-1].weight.mul_(scale)
        layers[-1].bias.mul_(scale)


def first(output):
    """What a network answers, without its other heads."""
    return output['out'] if isinstance(output, dict) else output[0] if isinstance(output, tuple) else output


def train(net, images, targets):
    """Returns a rate that suits the network, and its losses."""
    import torch
    trained = [p for name, p in net.named_parameters() if not name.startswith('aux')]
    rate, found = None, []
    net.train()
    for _ in range(STEPS):
        loss = torch.nn.functional.cross_entropy(first(net(images)), targets)
        gradients = torch.autograd.grad(loss, trained)
        if rate is None:
            rate = STEP_DOWN / float(sum((g.double() ** 2).sum() for g in gradients))
        with torch.no_grad():
            for parameter, gradient in zip(trained, gradients):
                parameter.sub_(gradient, alpha=rate)
        found.append(loss.item())
    return rate, found


# --- the program ------------------------------------------------------------------------------------


def data_of(case, mode, folder):
    """As a suite says it, and as the command line does."""
    targets = 'masks' if case.maps else 'labels'
    options = {f'{split}_{what}': file for split in ('train', 'test')
               for what, file in (('images', 'x.npy'), (targets, 'y.npy'))}
    options['classes'] = case.classes(mode)
    return ({'kind': 'npy', 'root': str(folder), **options},
            f'npy:{folder}' + ''.join(f',{key}={value}' for key, value in options.items()))


def parameters(nontrivial, graph, settings):
    shown = subprocess.run([nontrivial, 'show', graph, '--json', *settings_of(settings)], check=True,
                           capture_output=True).stdout
    return json.loads(shown)['totals']['parameters']


def answers(nontrivial, graph, case, mode, folder):
    import numpy as np
    subprocess.run([nontrivial, 'eval', graph, *settings_of(case.settings(mode)), '--weights', folder / 'w.pth',
                    '--data', data_of(case, mode, folder)[1], '--logits', folder / 'l.npy', '--quiet'],
                   check=True, stdout=subprocess.DEVNULL)
    return np.load(folder / 'l.npy')


def losses(nontrivial, graph, case, mode, rate, folder):
    """JSON is YAML, too. One epoch is one step over all images."""
    suite, run = folder / 'suite.yaml', folder / 'run'
    suite.write_text(json.dumps({
        'version': 1, 'suite': case.graph, 'graph': str(graph), 'set': case.settings(mode),
        'data': data_of(case, mode, folder)[0],
        'train': {'from': str(folder / 'w.pth'), 'epochs': STEPS, 'batch': IMAGES,
                  'loss': [{'op': 'softmax_cross_entropy'}],
                  'optimiser': {'kind': 'sgd', 'momentum': 0, 'weight_decay': 0},
                  'schedule': {'kind': 'constant', 'rate': rate}},
        'groups': {}}))
    subprocess.run([nontrivial, 'train', suite, '--out', run, '--quiet'], check=True)
    rows = (run / 'seed-0/metrics.csv').read_text().splitlines()
    column = rows[0].split(',').index('loss')
    return [float(row.split(',')[column]) for row in rows[1:]]


# --- the comparison ---------------------------------------------------------------------------------


def published(case):
    """What torchvision says of its weights."""
    import torchvision
    if case.published is not None or not isinstance(case.peer, str):
        return case.published
    builder = getattr(torchvision.models, case.peer)
    return torchvision.models._api._get_enum_from_fn(builder).DEFAULT.meta['num_params']


def images_and_targets(case, mode, folder):
    import numpy as np
    import torch
    size, classes = case.sizes[mode], case.classes(mode)
    images = torch.randn(IMAGES, 3, size, size)
    targets = torch.randint(0, classes, (IMAGES, size, size) if case.maps else (IMAGES,))
    np.save(folder / 'x.npy', images.numpy())
    np.save(folder / 'y.npy', targets.numpy())
    return images, targets


def compare(nontrivial, graphs, case, mode, folder):
    """Prints one line; returns whether the two agree."""
    import numpy as np
    import torch
    begun = time.monotonic()
    torch.manual_seed(1)
    images, targets = images_and_targets(case, mode, folder)
    net = build(case, mode)
    randomise(net, images)
    torch.save(net.state_dict(), folder / 'w.pth')
    with torch.no_grad():
        wanted = first(net.eval()(images)).numpy()
    rate, wanted_losses = train(net, images, targets)

    graph = graphs / f'{case.graph}.yaml'
    counts = [(parameters(nontrivial, graph, case.settings(mode)), sum(p.numel() for p in net.parameters()))]
    if published(case):
        counts.append((parameters(nontrivial, graph, case.changes['full'][0]), published(case)))
    found = answers(nontrivial, graph, case, mode, folder)
    steps = losses(nontrivial, graph, case, mode, rate, folder)

    if found.shape != wanted.shape or len(steps) != STEPS:
        print(f'{case.graph}: logits of shape {found.shape}, not {wanted.shape}, or {len(steps)} losses')
        return False
    largest = np.abs(wanted).max()
    off = np.abs(found - wanted).max() / largest
    most = max(abs(a - b) for a, b in zip(steps, wanted_losses))
    moved = abs(wanted_losses[1] - wanted_losses[0])
    print(f'{case.graph:20} parameters {", ".join(f"{a:,}" + ("" if a == b else f" NOT {b:,}") for a, b in counts)}'
          f'  logits {off:.1e} of {largest:.3g}  losses {most:.1e}, from {wanted_losses[0]:.4f} to '
          f'{wanted_losses[1]:.4f}; {time.monotonic() - begun:.1f} s', flush=True)
    return (all(a == b for a, b in counts) and 1 <= largest <= 100 and off <= LOGITS_WITHIN and
            most <= LOSSES_WITHIN and moved > 10 * LOSSES_WITHIN)


def main():
    parser = argparse.ArgumentParser(description='Hold the networks of graphs/ against torchvision.')
    parser.add_argument('nontrivial')
    parser.add_argument('graphs', type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument('--full', action='store_true')
    parser.add_argument('names', nargs='*', metavar='NAME')
    arguments = parser.parse_intermixed_args()
    try:
        import torch
        import torchvision  # noqa: F401
    except ImportError as missing:
        print(f'skipped: {missing}')
        sys.exit(77)
    torch.set_num_threads(1)
    unknown = set(arguments.names) - {case.graph for case in CASES}
    if unknown:
        raise SystemExit(f'no case is called {", ".join(sorted(unknown))}')
    good = True
    for case in CASES:
        if case.graph in arguments.names or (not arguments.names and (arguments.full or case.graph not in SIBLINGS)):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    good &= compare(arguments.nontrivial, arguments.graphs, case,
                                    'full' if arguments.full else 'small', pathlib.Path(folder))
                except subprocess.CalledProcessError as failed:  # which has said why
                    print(f'{case.graph}: {failed.cmd[1]} fails', flush=True)
                    good = False
    sys.exit(0 if good else 'too far from torchvision')


if __name__ == '__main__':
    main()
