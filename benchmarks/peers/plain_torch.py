"""The loop that one writes by hand: `DataLoader`, `Adam`, `zero_grad`, `backward`, `step`."""

__all__ = ["PACKAGES", "REQUIREMENTS", "ais", "log_z", "members"]

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


def autoencoders(
    data, *, model, n_components, hidden_layer_sizes, n_epochs, batch_size, learning_rate, n_seen
):
    """An autoencoder or a variational one, rectified."""
    import torch

    torch.manual_seed(0)
    X, sizes = torch.from_numpy(data["X"]), hidden_layer_sizes
    rows = torch.utils.data.TensorDataset(X)
    loader = torch.utils.data.DataLoader(rows, batch_size, shuffle=True)
    codes = n_components * (2 if model == "VAE" else 1)
    encoder = _mlp(X.shape[1], *sizes, codes, activation="ReLU")
    decoder = _mlp(n_components, *reversed(sizes), X.shape[1], activation="ReLU")
    step = _stepping([*encoder.parameters(), *decoder.parameters()], learning_rate)
    loss = _variational_loss if model == "VAE" else _squared_error

    def train():
        for _ in range(n_epochs):
            for (x,) in loader:
                step(loss(encoder, decoder, x))

    def read(_):
        with torch.no_grad():
            h = encoder(X[:n_seen])[:, :n_components]
            return {"rebuilt": torch.sigmoid(decoder(h)).numpy()}

    return train, read


def _mlp(*sizes, activation="GELU"):
    from itertools import pairwise

    from torch import nn

    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), getattr(nn, activation)()]
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
    sizes = (d, *hidden_layer_sizes, n_components)
    encoder, decoder = _mlp(*sizes), _mlp(*reversed(sizes))
    step = _stepping([*encoder.parameters(), *decoder.parameters()], rate)
    return lambda x: step(_squared_error(encoder, decoder, x))


def _squared_error(encoder, decoder, x):
    import torch

    return (torch.sigmoid(decoder(encoder(x))) - x).square().sum(1).mean()


def _vae(d, *, n_components, hidden_layer_sizes, rate):
    encoder = _mlp(d, *hidden_layer_sizes, 2 * n_components)
    decoder = _mlp(n_components, *reversed(hidden_layer_sizes), d)
    step = _stepping([*encoder.parameters(), *decoder.parameters()], rate)

    return lambda x: step(_variational_loss(encoder, decoder, x))


def _variational_loss(encoder, decoder, x):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    mean, log_std = encoder(x).chunk(2, 1)
    z = mean + log_std.exp() * torch.randn_like(mean)
    error = binary_cross_entropy_with_logits(decoder(z), x, reduction="sum") / len(x)
    kl = 0.5 * (mean**2 + (2 * log_std).exp() - 1) - log_std
    return error + kl.sum(1).mean()


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


def ais(data, *, n_chains, n_temperatures, products_only):
    """Annealed importance sampling as its definition reads, or the products in it."""
    from itertools import pairwise

    import torch

    torch.manual_seed(0)
    W, b, c = (torch.from_numpy(data[name]) for name in ("W", "b", "c"))
    base = torch.logit(torch.from_numpy(data["X"]).mean(0).clamp(0.01, 0.99))
    temperatures = 1 - (1 - torch.linspace(0, 1, n_temperatures + 1)) ** 1.5

    def products():
        v, h = torch.ones(n_chains, len(b)), torch.ones(n_chains, len(c))
        visible_field, hidden_field = torch.empty_like(v), torch.empty_like(h)
        for _ in range(n_temperatures):
            torch.addmm(c, v, W.t(), out=hidden_field)
            torch.addmm(b, h, W, out=visible_field)

    def log_p(v, beta):
        field = beta * (c + v @ W.t())
        return v @ torch.lerp(base, b, beta) + torch.nn.functional.softplus(field).sum(1)

    def anneal():
        v = torch.bernoulli(torch.sigmoid(base).expand(n_chains, -1))
        log_w = torch.nn.functional.softplus(base).sum() + len(c) * torch.tensor(2.0).log()
        for warm, cold in pairwise(temperatures):
            log_w = log_w + log_p(v, cold) - log_p(v, warm)
            h = torch.bernoulli(torch.sigmoid(cold * (c + v @ W.t())))
            v = torch.bernoulli(torch.sigmoid(torch.lerp(base, b + h @ W, cold)))
        return torch.logsumexp(log_w, 0) - torch.tensor(n_chains).log()

    def read(log_z):
        return {} if products_only else {"log_z": log_z.numpy()}

    return (products if products_only else anneal), read


def log_z(data, *, n_hidden):
    """The sum over all states of the hidden layer, in blocks."""
    import torch

    W, c, b = (torch.from_numpy(data[name]) for name in ("W", "c", "b"))
    W, c = W[:n_hidden], c[:n_hidden]

    def block(start):
        states = torch.arange(start, start + 8192)[:, None]
        h = (states >> torch.arange(n_hidden) & 1).float()
        return h @ c + torch.nn.functional.softplus(b + h @ W).sum(1)

    def train():
        return torch.logsumexp(torch.cat([block(k) for k in range(0, 2**n_hidden, 8192)]), 0)

    return train, lambda log_z: {"log_z": log_z.numpy()}
