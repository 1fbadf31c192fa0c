namespace NonLocal.Tensors;

/// <summary>
/// Sizes that do not fit together, found while a graph is built. The message names the layer, what it got and what it expected.
/// </summary>
public sealed class ShapeException : ArgumentException
{
    /// <summary>An error of one operation, before its place in the model is known.</summary>
    public ShapeException(string message)
        : base(message)
    {
    }

    /// <summary>An error with its place: <c>layer2.0.conv1 (convolution): …</c>.</summary>
    public ShapeException(string layer, string operation, string message)
        : base(layer.Length == 0 ? $"{operation}: {message}" : $"{layer} ({operation}): {message}")
    {
    }
}
