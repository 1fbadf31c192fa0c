using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Cli.Recipes;

/// <summary>The section <c>training</c>: how long, by what optimiser, at what rate.</summary>
internal static class TrainingRecipe
{
    /// <summary>Reads the section.</summary>
    /// <param name="section">Epochs, batch, optimiser, schedule, …</param>
    /// <param name="samples">How many samples there are to learn from.</param>
    /// <exception cref="UsageException">An unknown key, or a value out of range.</exception>
    public static TrainingPlan Read(RecipeSection section, int samples)
    {
        int epochs = (int)section.Integer("epochs", null, 1, 1_000_000);
        int batch = (int)section.Integer("batch", null, 1, 1 << 20);
        int parts = (int)section.Integer("micro_batches", 1, 1, batch);
        if (batch % parts != 0)
        {
            throw section.Problem("micro_batches", $"a batch of {batch} samples cannot be cut into {parts} equal parts");
        }

        if (samples < batch)
        {
            throw section.Problem("batch", $"a batch of {batch} samples cannot be filled, the training data has {samples}");
        }

        ulong seed = (ulong)section.Integer("seed", 0, 0, long.MaxValue);
        Optimizer optimizer = ReadOptimizer(section.Section("optimizer"));
        UpdateRule rule = new()
        {
            Optimizer = optimizer,
            Decays = section.Choice<Func<NonLocal.Layers.ModuleVariable, bool>?>(
                "decay", "all", ("all", null), ("weights", UpdateRule.IsWeight)),
            MaximumNorm = section.OptionalNumber("clip_norm", 1e-12),
            AverageDecay = section.OptionalNumber("average", 0, 0.9999999),
        };
        double smoothing = section.Number("label_smoothing", 0, 0, 0.999);
        TrainingPlan plan = new()
        {
            Epochs = epochs,
            BatchSize = batch,
            MicroBatches = parts,
            Seed = seed,
            Rule = rule,
            Schedule = ScheduleRecipe.Read(section.Section("schedule"), epochs, samples / batch),
            Loss = (prediction, targets) => prediction.CrossEntropy(targets, smoothing: smoothing),
            SaveEvery = section.Integer("save_every", 0, 0),
            LogEvery = section.Integer("log_every", 1, 1),
            TensorBoard = section.Flag("tensorboard", false),
        };
        section.Finish();
        return plan;
    }

    private static Optimizer ReadOptimizer(RecipeSection section)
    {
        string name = section.Choice("name", "sgd", ("sgd", "sgd"), ("adam", "adam"), ("adamw", "adamw"));
        double decay = section.Number("weight_decay", name == "adamw" ? 0.01 : 0, 0);
        bool maximize = section.Flag("maximize", false);
        Optimizer optimizer = name == "sgd"
            ? new Sgd
            {
                Momentum = section.Number("momentum", 0, 0, 1),
                Dampening = section.Number("dampening", 0, 0, 1),
                Nesterov = section.Flag("nesterov", false),
                WeightDecay = decay,
                Maximize = maximize,
            }
            : new Adam
            {
                Beta1 = section.Number("beta1", 0.9, 0, 1),
                Beta2 = section.Number("beta2", 0.999, 0, 1),
                Epsilon = section.Number("epsilon", 1e-8, 0),
                AmsGrad = section.Flag("amsgrad", false),
                Decoupled = name == "adamw",
                WeightDecay = decay,
                Maximize = maximize,
            };
        if (optimizer is Sgd { Nesterov: true } sgd && (sgd.Momentum == 0 || sgd.Dampening != 0))
        {
            throw section.Problem("nesterov", "needs a momentum above 0 and no dampening");
        }

        section.Finish();
        return optimizer;
    }
}
