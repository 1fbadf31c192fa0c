namespace NonLocal.Tensors.Graphs;

/// <summary>A value that is fed at every run.</summary>
public sealed record GraphInput(Shape Shape) : Operation
{
    /// <inheritdoc/>
    public override string Name => "input";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs) => [Shape];

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation) =>
        throw new InvalidOperationException("An input is fed, not computed.");
}

/// <summary>The value that a variable holds before the run.</summary>
public sealed record ReadVariable(Variable Variable) : Operation
{
    /// <inheritdoc/>
    public override string Name => "variable";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs) => [Variable.Shape];

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<float> content = Variable.Value.Span;
        Span<T> output = evaluation.Output(0);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = T.CreateChecked(content[i]);
        }
    }
}

/// <summary>Data that never changes. Not for parameters.</summary>
public sealed record Constant(Tensor Tensor) : Operation
{
    /// <inheritdoc/>
    public override string Name => "constant";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs) => [Tensor.Shape];

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<float> content = Tensor.Span;
        Span<T> output = evaluation.Output(0);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = T.CreateChecked(content[i]);
        }
    }
}

/// <summary>One number, kept in double so that a definition in double sees all of it.</summary>
public sealed record Number(double Content) : Operation
{
    /// <inheritdoc/>
    public override string Name => "number";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs) => [Shape.Scalar];

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation) => evaluation.Output(0)[0] = T.CreateChecked(Content);
}
