namespace NonLocal.Layers;

/// <summary>Weights that do not fit a module, key by key. Nothing was loaded.</summary>
/// <param name="report">All keys and what is wrong with them.</param>
public sealed class WeightMismatchException(LoadReport report) : IOException($"the weights do not fit the model: {report}.")
{
    /// <summary>All keys and what is wrong with them.</summary>
    public LoadReport Report { get; } = report;
}
