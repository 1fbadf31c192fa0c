using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Graphs;

public class CrissCrossTests
{
    [Theory]
    [InlineData("1x4", true)]
    [InlineData("2x3x4", true)]
    [InlineData("1x2x3x2", true)]
    [InlineData("1x2x3x2", false)]
    public void CrissCross_Gradient_MatchesDifferences(string map, bool ownOnce)
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph, Shape.Parse(map), 3, 4);
        GradientCheck.Run(graph, [inputs[0].AttendCrissCross(inputs[1], inputs[2], ownOnce)]);
    }

    /// <summary>Attention over all positions, with a count of how often each pair meets: ln 0 hides it, ln 2 doubles it.</summary>
    [Theory]
    [InlineData("2x5", true, 1)]
    [InlineData("2x5", false, 1)]
    [InlineData("2x4x3", true, 1)]
    [InlineData("2x4x3", false, 1)]
    [InlineData("2x1x5", true, 1)]
    [InlineData("1x2x3x4", true, 1)]
    [InlineData("1x2x3x4", false, 2)]
    public void CrissCross_ResultAndGradients_EqualMaskedAttentionOverAllPositions(string map, bool ownOnce, int own)
    {
        Shape shape = Shape.Parse(map);
        double[][] lines = Evaluate(shape, inputs => inputs[0].AttendCrissCross(inputs[1], inputs[2], ownOnce));
        double[][] masked = Evaluate(shape, inputs => Masked(inputs, own));
        for (int i = 0; i < masked.Length; i++)
        {
            AssertClose(masked[i], lines[i], 1e-12);
        }
    }

    /// <summary>Lengths of one, primes, longer than a tile of keys, and channels beyond a register.</summary>
    [Theory]
    [InlineData("2x7", 3, 5, true)]
    [InlineData("1x1x1", 3, 5, true)]
    [InlineData("2x1x37", 8, 33, true)]
    [InlineData("2x37x1", 8, 33, true)]
    [InlineData("3x13x29", 5, 40, true)]
    [InlineData("1x211x3", 17, 35, true)]
    [InlineData("1x260x3", 5, 9, true)]
    [InlineData("2x3x5x7", 4, 20, true)]
    [InlineData("2x3x5x7", 4, 20, false)]
    public void CrissCross_Program_EqualsInterpreterForwardAndBackward(string map, int keyWidth, int valueWidth, bool ownOnce)
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph, Shape.Parse(map), keyWidth, valueWidth);
        Value[] wanted = WithGradients(graph, inputs, inputs[0].AttendCrissCross(inputs[1], inputs[2], ownOnce));
        double[][] expected = Interpret(graph, wanted);
        foreach (int threads in (int[])[1, 3])
        {
            using WorkerPool pool = new(threads);
            IReadOnlyList<Tensor> outputs = Program.Compile(graph, wanted, new CompileOptions { Pool = pool }).Run(
                [.. graph.Inputs.Zip(Contents(graph), (input, content) =>
                    Tensor.From(input.Shape, Array.ConvertAll(content, x => (float)x)))]);
            for (int i = 0; i < wanted.Length; i++)
            {
                AssertClose(expected[i], [.. outputs[i].Span.ToArray().Select(x => (double)x)], 1e-5);
            }
        }
    }

    [Fact]
    public void CrissCross_SecondDerivative_IsRefusedByName()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph, [1, 2, 3], 3, 4);
        Value gradient = Differentiation.Gradients(inputs[0].AttendCrissCross(inputs[1], inputs[2]).Sum(), inputs)[0]!;
        Assert.Contains(
            "criss-cross", Assert.Throws<NotSupportedException>(() => Differentiation.Gradients(gradient.Sum(), inputs)).Message);
    }

    [Fact]
    public void CrissCross_MultiplyAdds_GrowWithTheLines()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph, [2, 5, 7], 3, 4);
        Value y = inputs[0].AttendCrissCross(inputs[1], inputs[2]);
        Assert.Equal(2 * 35 * (5 + 7) * (3 + 4), y.Node.Operation.MultiplyAdds(y.Node));
    }

    [Theory]
    [InlineData("2x5x4x3", "2x5x4x2", "2x5x4x3")]
    [InlineData("2x5x4x3", "2x5x4x3", "2x4x5x3")]
    [InlineData("5x3", "5x3", "5x3")]
    public void CrissCross_ShapesDoNotFit_SaysWhich(string q, string k, string v)
    {
        Graph graph = new();
        Value[] inputs = [graph.Input("q", Shape.Parse(q)), graph.Input("k", Shape.Parse(k)), graph.Input("v", Shape.Parse(v))];
        Assert.Contains(q, Assert.Throws<ShapeException>(() => inputs[0].AttendCrissCross(inputs[1], inputs[2])).Message);
    }

    private static Value[] Inputs(Graph graph, Shape map, int keyWidth, int valueWidth) =>
    [
        graph.Input("q", map.Append(keyWidth)),
        graph.Input("k", map.Append(keyWidth)),
        graph.Input("v", map.Append(valueWidth)),
    ];

    private static Value Masked(Value[] inputs, int own)
    {
        Shape map = inputs[0].Shape;
        int positions = (int)map[1..^1].Count;
        Tensor hidden = new([positions, positions]);
        Tensor diagonal = new([positions, positions]);
        for (int i = 0; i < positions; i++)
        {
            for (int j = 0; j < positions; j++)
            {
                int differing = Enumerable.Range(1, map.Rank - 2).Count(axis => Place(map, i, axis) != Place(map, j, axis));
                hidden.Span[(i * positions) + j] = differing <= 1 ? 0 : float.NegativeInfinity;
                diagonal.Span[(i * positions) + j] = differing == 0 ? 1 : 0;
            }
        }

        Value q = inputs[0].Reshape([map[0], positions, map.Last]);
        Value k = inputs[1].Reshape([map[0], positions, map.Last]);
        Value v = inputs[2].Reshape([map[0], positions, inputs[2].Shape.Last]);
        Graph graph = q.Graph;
        Value scores = q.MatMul(k, transposeRight: true) + graph.Constant(hidden) + (graph.Constant(diagonal) * Math.Log(own));
        return scores.Softmax().MatMul(v).Reshape(inputs[2].Shape);
    }

    private static int Place(Shape map, int position, int axis) => position / (int)map[(axis + 1)..^1].Count % map[axis];

    private static double[][] Evaluate(Shape map, Func<Value[], Value> build)
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph, map, 3, 4);
        return Interpret(graph, WithGradients(graph, inputs, build(inputs)));
    }

    private static Value[] WithGradients(Graph graph, Value[] inputs, Value y)
    {
        Value cotangent = graph.Input("cotangent", y.Shape);
        return [y, .. Differentiation.Gradients([y], [cotangent], inputs).OfType<Value>()];
    }

    private static double[][] Contents(Graph graph)
    {
        Random random = new(5);
        return [.. graph.Inputs.Select(input =>
            Enumerable.Range(0, (int)input.Shape.Count).Select(_ => (double)(float)GradientCheck.Normal(random)).ToArray())];
    }

    private static double[][] Interpret(Graph graph, Value[] wanted)
    {
        Interpreter<double> interpreter = new(graph);
        double[][] contents = Contents(graph);
        for (int i = 0; i < contents.Length; i++)
        {
            interpreter.Feed(graph.Inputs[i], contents[i]);
        }

        interpreter.Run(wanted);
        return [.. wanted.Select(value => interpreter[value].ToArray())];
    }

    // With one key the weights are constant and their gradients rounding noise around 0.
    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        double difference = Math.Sqrt(expected.Zip(actual, (x, y) => (x - y) * (x - y)).Sum());
        Assert.InRange(difference, 0, tolerance * Math.Max(1, Math.Sqrt(expected.Sum(x => x * x))));
    }
}
