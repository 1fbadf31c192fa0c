using System.Numerics;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Compile;

public class InspectionTests
{
    [Fact]
    public void FindFirst_HealthyGraph_FindsNothing()
    {
        RandomGraph random = new(3, 8);
        Assert.Null(Inspection.FindFirst(random.Graph, random.Feeds));
    }

    [Fact]
    public void FindFirst_LogarithmOfNegative_NamesTheLayer()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2]);
        Value y = x + 1;
        using (graph.Enter("head.log"))
        {
            y = y.Logarithm();
        }

        Value last = y * 2;
        Assert.NotNull(last);
        InspectionFinding finding = Inspection.FindFirst(graph, [Tensor.From([2], [-3, 1])])!;
        Assert.Equal("head.log: logarithm (output 2) is not finite.", finding.ToString());
    }

    [Fact]
    public void FindFirst_KernelThatDiffers_NamesTheOperation()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2]);
        Value wrong = graph.Apply(new WrongKernel(), x);
        Assert.NotNull(wrong.Exponential());
        InspectionFinding finding = Inspection.FindFirst(graph, [Tensor.From([2], [3, 1])])!;
        Assert.Same(wrong, finding.Value);
        Assert.True(finding.IsFinite);
    }

    private sealed record WrongKernel : Operation
    {
        public override string Name => "identity with a wrong kernel";

        public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs) => [inputs[0]];

        public override void Define<T>(Evaluation<T> evaluation) => evaluation.Input(0).CopyTo(evaluation.Output(0));

        public override unsafe Step? Bind(Binding binding) => () => new Span<float>(binding.Outputs[0].Pointer, 2).Fill(1);
    }
}
