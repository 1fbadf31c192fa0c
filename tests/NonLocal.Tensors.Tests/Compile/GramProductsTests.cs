using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Compile;

/// <summary>AᵀB for embeddings A and B, of 100 and of 110 channels, of tables [2, positions, 200].</summary>
public class GramProductsTests
{
    private const int Channels = 200;
    private const int First = 100;
    private const int Second = 110;
    private const int Many = 900;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Run_EmbeddingsOfOneTable_GivesTheSameWithoutThem(bool firstBias, bool secondBias)
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, Many / 30, 30, Channels]);
        Value y = Embedding(x, First, firstBias).MatMul(Embedding(x, Second, secondBias), transposeLeft: true);
        Program program = Program.Compile(graph, [y]);
        Tensor input = Random([2, Many / 30, 30, Channels], 1, mean: 0.5f);
        float[] expected = Program.Compile(graph, [y], CompileOptions.NoPasses).Run(input)[0].Span.ToArray();
        float[] actual = program.Run(input)[0].Span.ToArray();

        Assert.DoesNotContain(program.StepNames, name => name.Contains("convolution", StringComparison.Ordinal));
        Assert.InRange(program.MultiplyAdds, 1, AsWritten(Many) * 55 / 100);
        float largest = expected.Max(MathF.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-6f * largest));
    }

    [Fact]
    public void Compile_FewPositions_MultipliesAsWritten() => AssertAsWritten(Channels, (x, _) => x);

    [Fact]
    public void Compile_EmbeddingsOfTwoTables_MultipliesAsWritten() => AssertAsWritten(Many, (_, other) => other);

    [Fact]
    public void Compile_EmbeddingIsReadElsewhere_MultipliesAsWritten()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, Many, Channels]);
        Value a = Embedding(x, First, true);
        Assert.Equal(AsWritten(Many), Program.Compile(graph, [a.MatMul(Embedding(x, Second, true), transposeLeft: true), a]).MultiplyAdds);
    }

    [Fact]
    public void Compile_ActivationBetween_MultipliesAsWritten()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, Many, Channels]);
        Value y = Embedding(x, First, true).Relu().MatMul(Embedding(x, Second, true), transposeLeft: true);
        Assert.Equal(AsWritten(Many), Program.Compile(graph, [y]).MultiplyAdds);
    }

    private static void AssertAsWritten(int positions, Func<Value, Value, Value> second)
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, positions, Channels]);
        Value other = graph.Input("other", x.Shape);
        Value y = Embedding(x, First, true).MatMul(Embedding(second(x, other), Second, true), transposeLeft: true);
        Assert.Equal(AsWritten(positions), Program.Compile(graph, [y]).MultiplyAdds);
    }

    private static long AsWritten(int positions) => 2L * positions * ((Channels * (First + Second)) + (First * Second));

    private static Value Embedding(Value x, int channels, bool bias)
    {
        Graph graph = x.Graph;
        int positions = (int)x.Shape[1..^1].Count;
        Value weight = graph.Read(new Variable("weight", Random([1, 1, Channels, channels], channels, mean: 0)));
        Value y = x.Reshape([2, positions, 1, Channels]).Convolution(weight, ConvolutionGeometry.Create([1, 1]));
        y = bias ? y + graph.Read(new Variable("bias", Random([channels], channels + 1, mean: 0))) : y;
        return y.Reshape([2, positions, channels]);
    }

    private static Tensor Random(Shape shape, int seed, float mean)
    {
        Tensor tensor = new(shape);
        Random random = new(seed);
        foreach (ref float x in tensor.Span)
        {
            x = mean + (random.NextSingle() * 2) - 1;
        }

        return tensor;
    }
}
