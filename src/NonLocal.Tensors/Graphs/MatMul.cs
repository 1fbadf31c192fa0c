using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Matrix product over the last two axes: Y[…, m, n] = A[…, m, k] · B[…, k, n], with an epilogue. B may have rank 2 and then
/// serves all of A's rows.
/// </summary>
/// <param name="TransposeLeft">A is given as [… k, m].</param>
/// <param name="TransposeRight">B is given as [… n, k].</param>
/// <param name="Epilogue">Bias [n], residual, activation; inputs after A and B.</param>
public sealed record MatMul(bool TransposeLeft = false, bool TransposeRight = false, Epilogue Epilogue = default) : Operation, IEpilogueHost
{
    /// <inheritdoc/>
    public override string Name => "matrix product";

    /// <inheritdoc/>
    public int? WeightInput => TransposeRight ? null : 1;

    /// <inheritdoc/>
    public Operation With(Epilogue epilogue) => this with { Epilogue = epilogue };

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length < 2)
        {
            throw new ShapeException($"takes at least 2 inputs, got {inputs.Length}.");
        }

        Shape a = inputs[0];
        Shape b = inputs[1];
        if (a.Rank < 2 || b.Rank < 2)
        {
            throw new ShapeException($"matrices need two axes, got shapes {a} and {b}.");
        }

        (int m, int k) = Lengths(a, TransposeLeft);
        (int inner, int n) = Lengths(b, TransposeRight);
        if (k != inner)
        {
            throw new ShapeException($"inner lengths differ: {Form(a, TransposeLeft)} times {Form(b, TransposeRight)}.");
        }

        if (b.Rank != 2 && a[..^2] != b[..^2])
        {
            throw new ShapeException($"the leading axes of {a} and {b} differ.");
        }

        Shape output = a[..^2].Append(m, n);
        Epilogue.Check(inputs, 2, output);
        return [output];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        Shape a = evaluation.InputShape(0);
        Shape b = evaluation.InputShape(1);
        (int m, int k) = Lengths(a, TransposeLeft);
        int n = evaluation.OutputShape(0).Last;
        int batches = (int)a[..^2].Count;
        for (int batch = 0; batch < batches; batch++)
        {
            ReadOnlySpan<T> left = evaluation.Input(0).Slice(batch * m * k, m * k);
            ReadOnlySpan<T> right = b.Rank == 2 ? evaluation.Input(1) : evaluation.Input(1).Slice(batch * k * n, k * n);
            Span<T> y = evaluation.Output(0).Slice(batch * m * n, m * n);
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    T sum = T.Zero;
                    for (int p = 0; p < k; p++)
                    {
                        sum += left[TransposeLeft ? (p * m) + i : (i * k) + p] * right[TransposeRight ? (j * k) + p : (p * n) + j];
                    }

                    y[(i * n) + j] = sum;
                }
            }
        }

        Epilogue.Define(evaluation, 2);
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[0] is not { } gradient)
        {
            return new Value?[node.Inputs.Count];
        }

        (Value g, Value? bias, Value? residual) = Epilogue.Differentiate(node, gradient);
        Value a = node.Inputs[0];
        Value b = node.Inputs[1];
        Value ga = TransposeLeft ? b.MatMul(g, TransposeRight, true) : g.MatMul(b, false, !TransposeRight);
        Value?[] gradients = new Value?[node.Inputs.Count];
        gradients[0] = ga;
        gradients[1] = RightGradient(a, b, g);
        if (bias != null)
        {
            gradients[2] = bias;
        }

        if (residual != null)
        {
            gradients[^1] = residual;
        }

        return gradients;
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        (int m, int k) = Lengths(node.Inputs[0].Shape, TransposeLeft);
        long n = IsSymmetric(node.Inputs[0], node.Inputs[1], m, k) ? (m + 1) / 2 : node.Outputs[0].Shape.Last;
        return node.Outputs[0].Shape[..^2].Count * m * k * n;
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand a, Operand b) = (binding.Inputs[0], binding.Inputs[1]);
        (int m, int k) = Lengths(a.Shape, TransposeLeft);
        if (IsSymmetric(a, b, m, k))
        {
            Operand y = binding.Outputs[0];
            WorkerPool pool = binding.Pool;
            Operand scratch = binding.Scratch(SymmetricProduct.ScratchFloats(m, k, pool.Threads));
            int batch = (int)a.Shape[..^2].Count;
            return () => SymmetricProduct.Run(pool, batch, m, k, a.Pointer, y.Pointer, scratch.Pointer);
        }

        ProductFactor right = new(b, TransposeRight, Shared: b.Shape.Rank == 2);
        return ProductBinding.Bind(binding, Sizes(a.Shape, b.Shape), new ProductFactor(a, TransposeLeft, Shared: false), right, Epilogue);
    }

    // XᵀX, where half of the products need no computing.
    private bool IsSymmetric(object a, object b, int columns, int rows) =>
        ReferenceEquals(a, b) && TransposeLeft && !TransposeRight && Epilogue == default && SymmetricProduct.Suits(columns, rows);

    // Rows of all batches are rows of one product when they share the right matrix and lie one after the other.
    private ProductSizes Sizes(Shape a, Shape b)
    {
        (int m, int k) = Lengths(a, TransposeLeft);
        int n = Lengths(b, TransposeRight).Columns;
        int batch = (int)a[..^2].Count;
        return b.Rank == 2 && !TransposeLeft ? new ProductSizes(1, batch * m, n, k) : new ProductSizes(batch, m, n, k);
    }

    private static (int Rows, int Columns) Lengths(Shape shape, bool transposed) =>
        transposed ? (shape[^1], shape[^2]) : (shape[^2], shape[^1]);

    private static string Form(Shape shape, bool transposed) => transposed ? $"{shape} (transposed)" : shape.ToString();

    // A right matrix that serves all batches sums over them: the batches become rows of one product.
    private Value RightGradient(Value a, Value b, Value g)
    {
        if (b.Shape.Rank == 2 && a.Shape.Rank > 2)
        {
            if (TransposeLeft)
            {
                Value perBatch = TransposeRight ? g.MatMul(a, true, true) : a.MatMul(g);
                return perBatch.SumTo(b.Shape);
            }

            a = a.Reshape([(int)a.Shape.Rows, a.Shape.Last]);
            g = g.Reshape([(int)g.Shape.Rows, g.Shape.Last]);
        }

        return TransposeRight ? g.MatMul(a, true, TransposeLeft) : a.MatMul(g, !TransposeLeft, false);
    }
}

/// <summary>Matrix products of values.</summary>
public static class MatMulExtensions
{
    /// <summary>A · B over the last two axes; B of rank 2 serves all of A's rows.</summary>
    public static Value MatMul(this Value a, Value b, bool transposeLeft = false, bool transposeRight = false)
    {
        // A left matrix of rank 2 against a batched right one: repeat it, as there is no other meaning.
        Value left = a.Shape.Rank < b.Shape.Rank ? a.BroadcastTo(b.Shape[..^2].Append(a.Shape[^2], a.Shape[^1])) : a;
        return a.Graph.Apply(new MatMul(transposeLeft, transposeRight), left, b);
    }
}
