using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>
/// Learning rates: <c>lr</c> is the rate of every step from the first, in single, and <c>lr_f64</c> the same in double. The arguments are
/// those of <c>torch.optim.lr_scheduler</c>, and say by their names which schedule it is.
/// </summary>
internal static class Schedules
{
    private const double DoubleTolerance = 1e-12;

    // A rate that has fallen to almost nothing is held to a hundredth of the largest.
    private const double Floor = 0.01;

    /// <summary>Compares the rates of all steps.</summary>
    public static IEnumerable<TensorComparison> Check(LearningCase learning)
    {
        LearningRateSchedule schedule = ScheduleConfig.Read(learning.Config);
        int? steps = learning.Config.Has("steps") ? learning.Config.Positive("steps") : null;
        learning.Config.ExpectAllRead();
        foreach ((string name, CaseTensor expected) in learning.Tensors)
        {
            bool known = name is "lr" or "lr_f64";
            if (!known || (steps ?? expected.Content.Length) != expected.Content.Length)
            {
                throw new BlockMismatchException(known
                    ? $"'{name}' has {expected.Content.Length} rates, the config says {steps} steps." : $"a schedule has no '{name}'.");
            }

            double tolerance = name == "lr_f64" && learning.Precision == VerificationPrecision.Double
                ? DoubleTolerance : learning.Tolerances.Output;
            yield return new TensorComparison(name, Error(schedule, expected.Content), tolerance);
        }
    }

    // The largest relative error of a step.
    private static double Error(LearningRateSchedule schedule, double[] expected)
    {
        double least = Floor * expected.Select(Math.Abs).DefaultIfEmpty(0).Max();
        double worst = 0;
        for (int step = 0; step < expected.Length; step++)
        {
            double difference = Math.Abs(schedule.RateAt(step) - expected[step]);
            double error = difference == 0 ? 0 : difference / Math.Max(Math.Abs(expected[step]), least);
            worst = error <= worst ? worst : error;
        }

        return worst;
    }
}
