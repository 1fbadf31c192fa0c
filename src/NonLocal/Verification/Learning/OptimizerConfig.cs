using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>Optimisers by the arguments of <c>torch.optim</c>, with its defaults.</summary>
internal static class OptimizerConfig
{
    private const double DefaultDecayOfAdamW = 0.01;

    // How PyTorch computes, not what.
    private static readonly string[] Implementation = ["foreach", "fused", "capturable", "differentiable"];

    /// <summary>Reads an optimiser.</summary>
    /// <param name="algorithm">Its class in <c>torch.optim</c>.</param>
    /// <param name="config">Its arguments.</param>
    /// <exception cref="UnsupportedBlockException">An algorithm or an argument that is not known.</exception>
    public static Optimizer Read(string algorithm, CaseConfig config)
    {
        foreach (string key in Implementation)
        {
            config.States(key);
        }

        return algorithm switch
        {
            "SGD" => new Sgd
            {
                Momentum = config.Real("momentum", 0),
                Dampening = config.Real("dampening", 0),
                Nesterov = config.Flag("nesterov", false),
                WeightDecay = config.Real("weight_decay", 0),
                Maximize = config.Flag("maximize", false),
            },
            "Adam" => ReadAdam(config, 0),
            "AdamW" => ReadAdam(config, DefaultDecayOfAdamW) with { Decoupled = true },
            _ => throw new UnsupportedBlockException(
                $"optimizer '{algorithm}' is not known.{NearestName.Hint(algorithm, ["SGD", "Adam", "AdamW"])}"),
        };
    }

    /// <summary>The rate of every step: <c>lr_per_step</c>, or <c>lr</c> for all.</summary>
    public static double[] Rates(CaseConfig config, int steps)
    {
        if (!config.Has("lr_per_step") && !config.Has("lr"))
        {
            throw new UnsupportedBlockException("the config has neither 'lr' nor 'lr_per_step'.");
        }

        double[] same = [.. Enumerable.Repeat(config.Real("lr", 0), steps)];
        return config.Has("lr_per_step") ? config.Reals("lr_per_step", steps) : same;
    }

    private static Adam ReadAdam(CaseConfig config, double decay)
    {
        double[] betas = config.Has("betas") ? config.Reals("betas", 2) : [0.9, 0.999];
        return new Adam
        {
            Beta1 = betas[0],
            Beta2 = betas[1],
            Epsilon = config.Real("eps", 1e-8),
            AmsGrad = config.Flag("amsgrad", false),
            WeightDecay = config.Real("weight_decay", decay),
            Maximize = config.Flag("maximize", false),
        };
    }
}
