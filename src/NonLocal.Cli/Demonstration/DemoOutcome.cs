using NonLocal.Cli.Rendering;
using NonLocal.Training;
using NonLocal.Vision.Datasets.Generated;

namespace NonLocal.Cli.Demonstration;

/// <summary>What a demo found, and what may be said about it.</summary>
/// <param name="Task">What was trained.</param>
/// <param name="Without">How well the network without the block answers.</param>
/// <param name="With">How well the network with the block answers.</param>
internal sealed record DemoOutcome(DemoTask Task, ClassifierMetrics Without, ClassifierMetrics With)
{
    private const int StandardErrors = 3;

    /// <summary>1: the block helps, −1: it does harm, 0: the difference is within three standard errors.</summary>
    public int Verdict
    {
        get
        {
            double difference = With.Top1 - Without.Top1;
            double error = Math.Sqrt(Variance(With) + Variance(Without));
            return Math.Abs(difference) <= StandardErrors * error ? 0 : Math.Sign(difference);
        }
    }

    /// <summary>The verdict in one sentence.</summary>
    public string Sentence
    {
        get
        {
            string numbers =
                $"{Percent(With.Top1)} % of the held-out pictures are right with the block, {Percent(Without.Top1)} % without it";
            return Verdict switch
            {
                > 0 => $"The block makes a difference: {numbers}.",
                < 0 => $"Here the block does harm: {numbers}.",
                _ => $"The two do not separate: {numbers}, which is within three standard errors.",
            };
        }
    }

    /// <summary>Why, in one sentence that holds whatever the numbers are.</summary>
    public static string Reason
    {
        get
        {
            DistantMarksOptions marks = DemoTask.Marks;
            return $"A last feature sees {DemoTask.Window} x {DemoTask.Window} of {marks.Size} x {marks.Size} pixels, and the marks lie "
                + $"{marks.Distance} or more apart: without the block none sees both, and no sum of such features can be right about more "
                + $"than {100 * DemoTask.LimitOfSums:F0} % of all pictures (guessing: {100 * DemoTask.Chance:F0} %).";
        }
    }

    /// <summary>A share in percent, with one decimal.</summary>
    public static string Percent(double share) => Figures.Fixed(100 * share, 1);

    private static double Variance(ClassifierMetrics metrics) => metrics.Top1 * (1 - metrics.Top1) / metrics.Samples;
}
