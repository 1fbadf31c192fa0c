using NonLocal.Analysis;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Analysis;

public class ModelSummaryTests
{
    // 0.27 M parameters and 41 M multiply-adds in its convolutions and classifier, as published.
    [Fact]
    public void Of_CifarResNet20_HasPublishedCost()
    {
        ModelSummary summary = ModelSummary.Of(ModelRegistry.Create("cifar-resnet20"), [1, 32, 32, 3]);
        Assert.Equal(269_722, summary.Parameters);
        Assert.Equal(2 * 40_551_040L, summary.Modules.Where(module => module.Kind is "Conv" or "Linear").Sum(module => module.Flops));
        Assert.Equal(0, summary.AttentionFlops);
        Assert.Equal(new Shape(1, 10), summary.Output);
        Assert.True(summary.ArenaBytes > 0);
        ModuleSummary convolution = summary.Modules.Single(module => module.Path == "layer2.0.conv1");
        Assert.Equal(new Shape(1, 16, 16, 32), convolution.Output);
        Assert.Equal(16 * 32 * 9, convolution.Parameters);
        Assert.Equal(2L * 16 * 16 * 16 * 32 * 9, convolution.Flops);
        Assert.Equal(16 * 16 * 32 * 4, convolution.ActivationBytes);
    }

    [Fact]
    public void Of_NetworkWithAttention_ShowsItsShareWithThePartsInside()
    {
        Sequential network = new(("first", new Linear(4, 4)), ("block", new Pairs()), ("last", new Linear(4, 4)));
        ModelSummary summary = ModelSummary.Of(network, [1, 3, 4]);
        Assert.Equal(["block", "block.query"], summary.Modules.Where(module => module.IsAttention).Select(module => module.Path));
        Assert.Equal(2 * ((3 * 4 * 4) + (2 * 3 * 3 * 4)), summary.AttentionFlops);
        Assert.Equal(summary.AttentionFlops + (2 * 2 * 3 * 4 * 4), summary.Flops);
    }

    [Fact]
    public void Of_SharedLayer_CountsParametersOnceAndWorkTwice()
    {
        ModelSummary summary = ModelSummary.Of(new Twice(), [1, 4]);
        Assert.Equal(20, summary.Parameters);
        Assert.Equal(2 * 2 * 16, summary.Flops);
    }

    [Fact]
    public void Of_NetworkThatIsTimed_GivesEveryStepToAModule()
    {
        Sequential network = new(("first", new Linear(4, 4)), ("block", new Pairs()), ("last", new Linear(4, 4)));
        ModelSummary summary = ModelSummary.Of(network, [1, 3, 4], timedRuns: 2);
        Program program = network.CompileForInference([1, 3, 4]);
        string[] layers = [.. LayerTimes.Measure(program, 1).Keys];
        Assert.All(layers, layer => Assert.Contains(layer, summary.Modules.Select(module => module.Path)));
        Assert.Equal(summary.Modules.Sum(module => module.Milliseconds), summary.Milliseconds);
        Assert.All(layers, layer => Assert.True(summary.Modules.Single(module => module.Path == layer).Milliseconds > 0));
        Assert.Equal(["block", "block.query"], summary.Inside(network.Children[1].Module).Select(module => module.Path));
        Assert.Null(ModelSummary.Of(network, [1, 3, 4]).Milliseconds);
    }

    [Fact]
    public void Measure_OfAConvolutionWithWhatIsFusedIntoIt_CountsWhereTheConvolutionIs()
    {
        Sequential network = new(("convolution", new Conv(3, 4, [3, 3])), ("norm", new BatchNorm(4)), ("activation", Functions.Relu()));
        Program program = network.CompileForInference([1, 5, 5, 3]);
        Assert.Equal("convolution", Assert.Single(LayerTimes.Measure(program, 1)).Key);
    }

    private sealed class Pairs : Layer
    {
        private readonly Linear query;

        public Pairs() => query = Register("query", new Linear(4, 4));

        public override bool IsAttention => true;

        protected override Value Build(Value x) => query.Forward(x).MatMul(x, transposeRight: true).MatMul(x);
    }

    private sealed class Twice : Layer
    {
        private readonly Linear part;

        public Twice()
        {
            part = Register("a", new Linear(4, 4));
            Register("b", part);
        }

        protected override Value Build(Value x) => part.Forward(part.Forward(x));
    }
}
