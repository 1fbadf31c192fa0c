using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Compile;

/// <summary>(A · B) · W with A [2, positions, 3], B [2, 3, 4] and a 1×1 convolution W of 4 to 5 channels.</summary>
public class ProductOrderTests
{
    private const int Many = 40;

    [Fact]
    public void Compile_ManyPositions_ConvolvesTheSmallMatrix()
    {
        (Graph graph, Value _, Value y) = Products(Many);
        long asWritten = 2 * Many * ((3 * 4) + (4 * 5));
        Assert.Equal(asWritten, Program.Compile(graph, [y], CompileOptions.NoPasses).MultiplyAdds);
        Assert.Equal(2 * ((3 * 4 * 5) + (Many * 3 * 5)), Program.Compile(graph, [y]).MultiplyAdds);
    }

    [Fact]
    public void Compile_FewPositions_MultipliesAsWritten()
    {
        (Graph graph, Value _, Value y) = Products(2);
        Assert.Equal(2 * 2 * ((3 * 4) + (4 * 5)), Program.Compile(graph, [y]).MultiplyAdds);
    }

    [Fact]
    public void Compile_FirstProductIsReadElsewhere_MultipliesAsWritten()
    {
        (Graph graph, Value first, Value y) = Products(Many);
        Assert.Equal(2 * Many * ((3 * 4) + (4 * 5)), Program.Compile(graph, [y, first]).MultiplyAdds);
    }

    [Fact]
    public void Run_OtherOrderWithNormResidualAndActivation_GivesTheSameInTwoSteps()
    {
        (Graph graph, Value _, Value y) = Products(Many);
        Value scale = graph.Read(new Variable("scale", RandomTensor([5], 4)));
        Value shift = graph.Read(new Variable("shift", RandomTensor([5], 5)));
        y = ((y * scale) + shift + graph.Input("x", y.Shape)).Relu();
        Tensor[] inputs = [RandomTensor([2, Many, 3], 1), RandomTensor([2, 3, 4], 2), RandomTensor(y.Shape, 3)];
        Program program = Program.Compile(graph, [y]);
        Assert.Equal(2, program.StepNames.Count);
        float[] expected = Program.Compile(graph, [y], CompileOptions.NoPasses).Run(inputs)[0].Span.ToArray();
        Assert.All(expected.Zip(program.Run(inputs)[0].Span.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private static (Graph Graph, Value First, Value Second) Products(int positions)
    {
        Graph graph = new();
        Value first = graph.Input("a", [2, positions, 3]).MatMul(graph.Input("b", [2, 3, 4]));
        Value weight = graph.Read(new Variable("weight", RandomTensor([1, 1, 4, 5], 6)));
        Value second = first.Reshape([2, positions, 1, 4]).Convolution(weight, ConvolutionGeometry.Create([1, 1]));
        return (graph, first, second);
    }

    private static Tensor RandomTensor(Shape shape, int seed)
    {
        Tensor tensor = new(shape);
        Random random = new(seed);
        foreach (ref float x in tensor.Span)
        {
            x = (random.NextSingle() * 2) - 1;
        }

        return tensor;
    }
}
