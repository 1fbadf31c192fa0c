using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>Learning-rate schedules by the arguments of <c>torch.optim.lr_scheduler</c>, with its defaults.</summary>
internal static class ScheduleConfig
{
    private const string Milestone = "milestone";
    private const string WarmUp = "warmup";

    // A key that only one schedule has.
    private static readonly (string Key, Func<CaseConfig, double, LearningRateSchedule> Read)[] Kinds =
    [
        ("T_max", Cosine),
        ("T_0", (config, rate) => new CosineRestartsRate(
            rate, config.Positive("T_0"), config.Positive("T_mult", 1), config.Real("eta_min", 0))),
        ("max_iter", (config, rate) => new PolynomialRate(rate, config.Positive("max_iter"), config.Real("power", 0.9))),
        ("power", (config, rate) => new PolynomialRate(rate, config.Positive("total_iters", 5), config.Real("power", 1))),
        ("step_size", (config, rate) => new StepRate(rate, config.Positive("step_size"), config.Real("gamma", 0.1))),
        ("milestones", (config, rate) => new MultiStepRate(
            rate, [.. config.List("milestones").Select(step => (long)step)], config.Real("gamma", 0.1))),
        ("gamma", (config, rate) => new ExponentialRate(rate, config.Real("gamma", 1))),
        ("start_factor", Linear),
        ("factor", (config, rate) => new ConstantRate(rate * config.Real("factor", 1.0 / 3))
            .Then(config.Positive("total_iters", 5), new ConstantRate(rate))),
    ];

    /// <summary>Reads a schedule.</summary>
    /// <exception cref="UnsupportedBlockException">None that is known.</exception>
    public static LearningRateSchedule Read(CaseConfig config)
    {
        if (!config.Has("base_lr"))
        {
            throw new UnsupportedBlockException("config key 'base_lr' is missing.");
        }

        double rate = config.Real("base_lr", 0);
        string[] parts = [.. config.NestedKeys];
        return parts.Length == 0 ? One(config, rate) : Combined(config, rate, parts);
    }

    // "warmup" and one more part: one after the other with a milestone, else multiplied.
    private static LearningRateSchedule Combined(CaseConfig config, double rate, string[] parts)
    {
        string[] others = [.. parts.Where(part => part != WarmUp)];
        if (others.Length != 1 || parts.Length != 2)
        {
            throw new UnsupportedBlockException(
                $"the config combines {string.Join(", ", parts)}; only {WarmUp} and one other schedule can be combined.");
        }

        LearningRateSchedule after = Part(config, others[0], rate);
        if (config.Has(Milestone))
        {
            return Part(config, WarmUp, rate).Then(config.Positive(Milestone), after);
        }

        CaseConfig first = config.Nested(WarmUp)!;
        LearningRateSchedule both = Risen(first, after);
        first.ExpectAllRead();
        return both;
    }

    private static LearningRateSchedule Part(CaseConfig config, string key, double rate)
    {
        CaseConfig part = config.Nested(key)!;
        LearningRateSchedule schedule = One(part, rate);
        part.ExpectAllRead();
        return schedule;
    }

    private static LearningRateSchedule One(CaseConfig config, double rate)
    {
        foreach ((string key, Func<CaseConfig, double, LearningRateSchedule> read) in Kinds)
        {
            if (config.States(key))
            {
                return read(config, rate);
            }
        }

        return new ConstantRate(rate);
    }

    private static LearningRateSchedule Cosine(CaseConfig config, double rate)
    {
        int steps = config.Positive("T_max");
        return config.Whole("steps", 0) <= steps + 1
            ? new CosineRate(rate, steps, config.Real("eta_min", 0))
            : throw new UnsupportedBlockException($"after {steps} steps PyTorch's cosine rises again; here it stays at its end.");
    }

    private static LearningRateSchedule Linear(CaseConfig config, double rate) => Risen(config, new ConstantRate(rate));

    private static LearningRateSchedule Risen(CaseConfig config, LearningRateSchedule schedule)
    {
        config.Only("end_factor", "1");
        return schedule.WithWarmUp(config.Positive("total_iters", 5), config.Real("start_factor", 1.0 / 3));
    }
}
