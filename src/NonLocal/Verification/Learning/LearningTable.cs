using System.Text.RegularExpressions;

namespace NonLocal.Verification.Learning;

/// <summary>What files about training can ask for, under the names of <c>torch.optim</c>.</summary>
internal static partial class LearningTable
{
    private static readonly Dictionary<string, Func<LearningCase, IEnumerable<TensorComparison>>> Checks = new()
    {
        ["optimizer SGD"] = learning => OptimizerSteps.Check("SGD", learning),
        ["optimizer Adam"] = learning => OptimizerSteps.Check("Adam", learning),
        ["optimizer AdamW"] = learning => OptimizerSteps.Check("AdamW", learning),
        ["clip_grad_norm_"] = Clipping.Check,
        ["lr schedule"] = Schedules.Check,
        ["training steps"] = TrainingSteps.Check,
    };

    /// <summary>The names; <c>training steps</c> stands with their number before it.</summary>
    public static IReadOnlyCollection<string> Names => Checks.Keys;

    /// <summary>What checks a file of that name; null: it is no file about training.</summary>
    public static Func<LearningCase, IEnumerable<TensorComparison>>? Find(string block) =>
        Checks.GetValueOrDefault(Counted().Replace(block, ""));

    [GeneratedRegex("^[0-9]+ (?=training steps$)")]
    private static partial Regex Counted();
}
