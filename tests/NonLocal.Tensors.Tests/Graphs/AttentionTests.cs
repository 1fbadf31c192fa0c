using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class AttentionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_Gradient_MatchesDifferences(bool hasKeyBias)
    {
        Graph graph = new();
        GradientCheck.Run(graph, [Streamed(Inputs(graph), hasKeyBias)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_ResultAndGradients_EqualThoseOfTheLiteralGraph(bool hasKeyBias)
    {
        double[][] streamed = Evaluate(inputs => Streamed(inputs, hasKeyBias));
        double[][] literal = Evaluate(inputs => Literal(inputs, hasKeyBias));
        Assert.Equal(literal.Length, streamed.Length);
        for (int i = 0; i < literal.Length; i++)
        {
            AssertClose(literal[i], streamed[i], 1e-12);
        }
    }

    [Fact]
    public void Attention_Program_EqualsInterpreterForwardAndBackward()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph);
        Value y = Streamed(inputs, true);
        AssertProgramEqualsInterpreter(graph, y, inputs);
    }

    [Fact]
    public void Attention_LogSums_AreLogSumsOfTheScores()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph);
        Node node = graph.Add(new Attention(0.5), inputs[0], inputs[1], inputs[2]);
        Value scores = inputs[0].MatMul(inputs[1], transposeRight: true) * 0.5;
        Value expected = scores.Exponential().Sum(-1).Logarithm();
        Interpreter<double> interpreter = Fed(graph);
        interpreter.Run(node.Outputs[1], expected);
        AssertClose(interpreter[expected].ToArray(), interpreter[node.Outputs[1]].ToArray(), 1e-12);
    }

    [Fact]
    public void Attention_DifferentiatingTheLogSums_IsRefused()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph);
        Node node = graph.Add(new Attention(1), inputs[0], inputs[1], inputs[2]);
        Assert.Throws<NotSupportedException>(() => Differentiation.Gradients(node.Outputs[1].Sum(), inputs));
    }

    [Fact]
    public void AttentionGradient_SecondDerivative_IsRefusedByName()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph);
        Value gradient = Differentiation.Gradients(Streamed(inputs, false).Sum(), inputs)[0]!;
        NotSupportedException error = Assert.Throws<NotSupportedException>(() => Differentiation.Gradients(gradient.Sum(), inputs));
        Assert.Contains("attention gradient", error.Message);
    }

    [Fact]
    public void Attention_MultiplyAdds_CountBothProducts()
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph);
        Value y = Streamed(inputs, false);
        Assert.Equal(2 * 5 * 7 * (4 + 3), y.Node.Operation.MultiplyAdds(y.Node));
        Node gradient = Differentiation.Gradients(y.Sum(), inputs)[0]!.Node;
        Assert.Equal(2 * 5 * 7 * ((3 * 4) + (2 * 3)), gradient.Operation.MultiplyAdds(gradient));
    }

    [Theory]
    [InlineData("2x5x4", "2x7x3", "2x7x3", "4 channels")]
    [InlineData("2x5x4", "2x7x4", "2x6x3", "7 positions")]
    [InlineData("2x5x4", "1x7x4", "1x7x3", "leading axes")]
    public void Attention_ShapesDoNotFit_SaysWhich(string q, string k, string v, string expected)
    {
        Graph graph = new();
        Value query = graph.Input("q", Shape.Parse(q));
        Value key = graph.Input("k", Shape.Parse(k));
        Value value = graph.Input("v", Shape.Parse(v));
        Assert.Contains(expected, Assert.Throws<ShapeException>(() => query.Attend(key, value)).Message);
    }

    [Fact]
    public void ConcatenationAttention_Gradient_MatchesDifferences()
    {
        Graph graph = new();
        GradientCheck.Run(graph, [Concatenated(ConcatenationInputs(graph))], seed: 4);
    }

    [Fact]
    public void ConcatenationAttention_ResultAndGradients_EqualThoseOfTheLiteralGraph()
    {
        double[][] swept = Evaluate(inputs => Concatenated(Columns(inputs)));
        double[][] literal = Evaluate(inputs =>
        {
            Value[] columns = Columns(inputs);
            Value map = (columns[0] + columns[1].Transpose()).Relu();
            return map.MatMul(columns[2]) * (1.0 / columns[1].Shape[^2]);
        });
        for (int i = 0; i < literal.Length; i++)
        {
            AssertClose(literal[i], swept[i], 1e-12);
        }
    }

    [Fact]
    public void ConcatenationAttention_Program_EqualsInterpreterForwardAndBackward()
    {
        Graph graph = new();
        Value[] inputs = ConcatenationInputs(graph);
        AssertProgramEqualsInterpreter(graph, Concatenated(inputs), inputs);
    }

    [Fact]
    public void ConcatenationAttention_MultiplyAdds_DoNotGrowWithTheMap()
    {
        Graph graph = new();
        Value y = Concatenated(ConcatenationInputs(graph));
        Assert.Equal(2 * 3 * ((2 * 7) + 5), y.Node.Operation.MultiplyAdds(y.Node));
    }

    private static Value[] Inputs(Graph graph) =>
        [graph.Input("q", [2, 5, 4]), graph.Input("k", [2, 7, 4]), graph.Input("v", [2, 7, 3]), graph.Input("bias", [2, 7, 1])];

    private static Value[] ConcatenationInputs(Graph graph) =>
        [graph.Input("a", [2, 5, 1]), graph.Input("b", [2, 7, 1]), graph.Input("g", [2, 7, 3])];

    // Columns computed from the attention inputs, so that the same evaluation serves both operations.
    private static Value[] Columns(Value[] inputs) => [inputs[0].Sum(-1), inputs[1].Sum(-1), inputs[2]];

    private static Value Streamed(Value[] inputs, bool hasKeyBias) =>
        inputs[0].Attend(inputs[1], inputs[2], 0.6, hasKeyBias ? inputs[3] : null);

    private static Value Concatenated(Value[] inputs) => inputs[0].AttendByConcatenation(inputs[1], inputs[2]);

    private static Value Literal(Value[] inputs, bool hasKeyBias)
    {
        Value scores = inputs[0].MatMul(inputs[1], transposeRight: true) * 0.6;
        scores = hasKeyBias ? scores + inputs[3].Transpose() : scores;
        Value exponentials = scores.Exponential();
        return (exponentials / exponentials.Sum(-1)).MatMul(inputs[2]);
    }

    // The result and the gradients of a random weighting of it, in double.
    private static double[][] Evaluate(Func<Value[], Value> build)
    {
        Graph graph = new();
        Value[] inputs = Inputs(graph);
        Value y = build(inputs);
        Value cotangent = graph.Input("cotangent", y.Shape);
        Value[] wanted = [y, .. Differentiation.Gradients([y], [cotangent], inputs).OfType<Value>()];
        Interpreter<double> interpreter = Fed(graph);
        interpreter.Run(wanted);
        return [.. wanted.Select(value => interpreter[value].ToArray())];
    }

    private static Interpreter<double> Fed(Graph graph)
    {
        Random random = new(5);
        Interpreter<double> interpreter = new(graph);
        foreach (Value input in graph.Inputs)
        {
            interpreter.Feed(input, [.. Enumerable.Range(0, (int)input.Shape.Count).Select(_ => GradientCheck.Normal(random))]);
        }

        return interpreter;
    }

    private static void AssertProgramEqualsInterpreter(Graph graph, Value y, Value[] inputs)
    {
        Value cotangent = graph.Input("cotangent", y.Shape);
        Value[] wanted = [y, .. Differentiation.Gradients([y], [cotangent], inputs).OfType<Value>()];
        Random random = new(6);
        Tensor[] fed = [.. graph.Inputs.Select(input =>
            Tensor.From(input.Shape, [.. Enumerable.Range(0, (int)input.Shape.Count).Select(_ => (float)GradientCheck.Normal(random))]))];
        Interpreter<double> interpreter = new(graph);
        for (int i = 0; i < fed.Length; i++)
        {
            interpreter.Feed(graph.Inputs[i], [.. fed[i].Span.ToArray().Select(x => (double)x)]);
        }

        interpreter.Run(wanted);
        IReadOnlyList<Tensor> outputs = Program.Compile(graph, wanted).Run(fed);
        for (int i = 0; i < wanted.Length; i++)
        {
            AssertClose(interpreter[wanted[i]].ToArray(), [.. outputs[i].Span.ToArray().Select(x => (double)x)], 1e-5);
        }
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        double difference = Math.Sqrt(expected.Zip(actual, (x, y) => (x - y) * (x - y)).Sum());
        Assert.InRange(difference / Math.Sqrt(expected.Sum(x => x * x)), 0, tolerance);
    }
}
