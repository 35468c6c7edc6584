"""The loop that one writes by hand: `DataLoader`, `Adam`, `zero_grad`, `backward`, `step`."""

__all__ = ["PACKAGES", "REQUIREMENTS", "members"]

REQUIREMENTS = ()
PACKAGES = ("torch",)


def members(data, *, member, batch_size, n_epochs, learning_rate=1e-3, **options):
    """The model of a member of the library, with a plain loop around it."""
    import torch

    torch.manual_seed(0)
    X = torch.from_numpy(data["X"])
    rows = torch.utils.data.TensorDataset(X)
    loader = torch.utils.data.DataLoader(rows, batch_size, shuffle=True)
    if member != "SparseCoding":
        options["rate"] = learning_rate
    step = _MEMBERS[member](X.shape[1], **options)

    def train():
        for _ in range(n_epochs):
            for (x,) in loader:
                loss = step(x)
        return loss

    return train, lambda loss: {"loss": loss.detach().numpy()}


def _mlp(*sizes):
    from itertools import pairwise

    from torch import nn

    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.GELU()]
    return nn.Sequential(*layers[:-1])


def _stepping(parameters, rate, **options):
    import torch

    optimizer = torch.optim.Adam(parameters, lr=rate, **options)

    def step(loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def _autoencoder(d, *, n_components, hidden_layer_sizes, rate):
    import torch

    sizes = (d, *hidden_layer_sizes, n_components)
    network = torch.nn.Sequential(_mlp(*sizes), _mlp(*reversed(sizes)))
    step = _stepping(network.parameters(), rate)
    return lambda x: step((torch.sigmoid(network(x)) - x).square().sum(1).mean())


def _vae(d, *, n_components, hidden_layer_sizes, rate):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    encoder = _mlp(d, *hidden_layer_sizes, 2 * n_components)
    decoder = _mlp(n_components, *reversed(hidden_layer_sizes), d)
    step = _stepping([*encoder.parameters(), *decoder.parameters()], rate)

    def learn(x):
        mean, log_std = encoder(x).chunk(2, 1)
        z = mean + log_std.exp() * torch.randn_like(mean)
        error = binary_cross_entropy_with_logits(decoder(z), x, reduction="sum") / len(x)
        kl = 0.5 * (mean**2 + (2 * log_std).exp() - 1) - log_std
        return step(error + kl.sum(1).mean())

    return learn


def _nade(d, *, n_components, rate):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    W = torch.nn.Parameter(torch.randn(d, n_components) / d**0.5)
    V = torch.nn.Parameter(torch.randn(d, n_components) / n_components**0.5)
    b, c = (torch.nn.Parameter(torch.zeros(n)) for n in (d, n_components))
    step = _stepping([W, V, b, c], rate)

    def learn(x):
        a, logits = c.expand(len(x), -1), []
        for i in range(d):
            logits.append(b[i] + torch.sigmoid(a) @ V[i])
            a = a + x[:, i : i + 1] * W[i]
        logits = torch.stack(logits, 1)
        return step(binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x))

    return learn


def _gan(d, *, n_components, hidden_layer_sizes, activation, rate):
    import torch
    from torch.nn.functional import softplus

    assert activation == "gelu"
    generator = _mlp(n_components, *hidden_layer_sizes, d)
    discriminator = _mlp(d, *reversed(hidden_layer_sizes), 1)
    players = generator, discriminator
    g, c = (_stepping(m.parameters(), rate, betas=(0.5, 0.999)) for m in players)

    def learn(x):
        z = torch.randn(len(x), n_components)
        fake = torch.sigmoid(generator(z))
        real = softplus(-discriminator(x)).mean()
        c(real + softplus(discriminator(fake.detach())).mean())
        return g(softplus(-discriminator(fake)).mean())

    return learn


def _sparse_coding(d, *, n_components, alpha, n_steps=100):
    """ISTA with momentum, and the dictionary by the gradient of its codes, renormalised."""
    import torch

    D = torch.nn.functional.normalize(torch.randn(n_components, d), dim=1)

    def learn(x):
        gram, target = D @ D.T, x @ D.T
        rate = 1 / torch.linalg.matrix_norm(gram, 2)
        h = y = torch.zeros(len(x), n_components)
        t = 1.0
        for _ in range(n_steps):
            moved = y - rate * (y @ gram - target)
            new = moved.sign() * (moved.abs() - alpha * rate).clamp(min=0)
            t, before = (1 + (1 + 4 * t**2) ** 0.5) / 2, t
            y, h = new + (before - 1) / t * (new - h), new
        residual = x - h @ D
        D.add_(h.T @ residual / h.square().sum(0).clamp(min=1e-3)[:, None])
        torch.nn.functional.normalize(D, dim=1, out=D)
        return 0.5 * residual.square().sum(1).mean() + alpha * h.abs().sum(1).mean()

    return learn


_MEMBERS = {
    "Autoencoder": _autoencoder,
    "VAE": _vae,
    "NADE": _nade,
    "GAN": _gan,
    "SparseCoding": _sparse_coding,
}
