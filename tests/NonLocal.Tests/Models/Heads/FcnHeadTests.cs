using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models.Heads;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Models.Heads;

public class FcnHeadTests
{
    private static readonly FcnHeadOptions Small = new() { InputChannels = [3], Channels = 4, Classes = 2 };

    [Fact]
    public void Variables_OfTheDefaultHead_HaveMmsegmentationsNamesAndOrder()
    {
        string[] norm = [".bn.weight", ".bn.bias", ".bn.running_mean", ".bn.running_var", ".bn.num_batches_tracked"];
        string[] expected =
        [
            "conv_seg.weight", "conv_seg.bias",
            .. new[] { "convs.0", "convs.1", "conv_cat" }.SelectMany(
                name => norm.Select(part => name + part).Prepend(name + ".conv.weight")),
        ];
        Assert.Equal(expected, new FcnHead(Small).Variables().Select(entry => entry.Name));
    }

    [Fact]
    public void Variables_WithoutNormOrConcatenation_HaveBiasesInstead() => Assert.Equal(
        ["conv_seg.weight", "conv_seg.bias", "convs.0.conv.weight", "convs.0.conv.bias"],
        new FcnHead(Small with { Norm = null, ConcatenateInput = false, Convolutions = 1 }).Variables().Select(entry => entry.Name));

    [Fact]
    public void Initialize_FreshHead_StartsAsPublished()
    {
        FcnHead head = new(Small with { Norm = null, Channels = 64, InputChannels = [64] });
        head.Initialize(3);
        Dictionary<string, double> spread = head.Variables().ToDictionary(
            entry => entry.Name,
            entry => BlockRun.RootMeanSquare(Array.ConvertAll(entry.Variable.Value.Span.ToArray(), number => (double)number)));
        Assert.Equal(0.01, spread["conv_seg.weight"], 0.002);
        Assert.Equal(0, spread["conv_seg.bias"]);
        Assert.Equal(Math.Sqrt(2.0 / (64 * 9)), spread["convs.0.conv.weight"], 0.002);
        Assert.Equal(0, spread["convs.1.conv.bias"]);
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        FcnHeadOptions[] options =
        [
            Small,
            Small with { Channels = 5 },
            Small with { Convolutions = 1 },
            Small with { Convolutions = 3 },
            Small with { KernelSize = 1 },
            Small with { KernelSize = 5 },
            Small with { Dilation = 2 },
            Small with { ConcatenateInput = false },
            Small with { Norm = null },
            Small with { Norm = new ConvModuleNorm(Epsilon: 0.1) },
        ];
        double[][] results = [.. options.Select(each => Run(new FcnHead(each), false))];
        for (int i = 0; i < results.Length; i++)
        {
            Assert.Equal(2 * 4 * 5 * 2, results[i].Length);
            Assert.All(results[..i], other => Assert.NotEqual(other, results[i]));
        }
    }

    [Fact]
    public void Forward_InTraining_DropsWholeChannelsBeforeTheClassifier()
    {
        double[] dropped = Run(new FcnHead(Small with { Dropout = 0.5 }), true);
        Assert.NotEqual(Run(new FcnHead(Small with { Dropout = 0 }), true), dropped);
        Assert.Equal(dropped, Run(new FcnHead(Small with { Dropout = 0.5 }), true));
    }

    [Fact]
    public void Forward_Maps_TakesThoseOfTheIndicesResizedToTheFirst()
    {
        FcnHeadOptions options = Small with { InputChannels = [2, 3], Input = HeadInput.Concatenated, InputIndices = [-1, 0] };
        FcnHead joined = BlockRun.Randomised(new FcnHead(options));
        Graph graph = new();
        Value[] maps = [graph.Input("a", [1, 8, 6, 3]), graph.Input("b", [1, 5, 5, 9]), graph.Input("c", [1, 4, 3, 2])];
        Value expected = joined.Forward(((Value[])[maps[2], maps[0].ResizeLinear([4, 3])]).Concat(-1));
        Value[] wanted =
        [
            expected,
            joined.Forward(maps),
            BlockRun.Randomised(new FcnHead(options with { AlignCorners = true })).Forward(maps),
        ];
        Tensor[] results = Run(graph, wanted);
        Assert.Equal(new Shape(1, 4, 3, 2), results[1].Shape);
        Assert.Equal(results[0].Span.ToArray(), results[1].Span.ToArray());
        Assert.NotEqual(results[0].Span.ToArray(), results[2].Span.ToArray());
    }

    [Fact]
    public void NonLocalHead_EveryOption_ReachesItsBlock()
    {
        NonLocalHead head = new(Small);
        Assert.Equal(0.5, head.Attention.Options.LogitScale.Resolve(8, 4), 1e-12);
        Assert.Equal(2, head.Attention.Options.InnerChannels);
        Assert.Contains(head.Variables(), entry => entry.Name == "nl_block.conv_out.bn.weight");
        NonLocalHead other = new(Small with { Norm = null }, 4, false, Pairwise.Gaussian);
        Assert.Equal(LogitScale.None, other.Attention.Options.LogitScale);
        Assert.Equal(1, other.Attention.Options.InnerChannels);
        Assert.Equal(Pairwise.Gaussian, other.Attention.Options.Pairwise);
        Assert.Contains(other.Variables(), entry => entry.Name == "nl_block.conv_out.conv.bias");
    }

    [Fact]
    public void Constructor_WhatCannotWork_SaysWhat()
    {
        Assert.Contains("4 for 3", Message(() => new FcnHead(Small with { Convolutions = 0 })));
        Assert.Contains("2 numbers of channels", Message(() => new FcnHead(Small with { InputChannels = [3, 3] })));
        Assert.Contains("2 convolutions", Message(() => new NonLocalHead(Small with { Convolutions = 3 })));
        Assert.Contains("map 2, but there are 1", Message(
            () => new FcnHead(Small with { InputIndices = [2] }).Forward([new Graph().Input("x", [1, 2, 2, 3])])));
        Assert.Throws<ShapeException>(() => new FcnHead(Small).Forward(new Graph().Input("x", [1, 2, 2, 4])));
    }

    private static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private static double[] Run(FcnHead head, bool training)
    {
        BlockRun.Randomised(head);
        if (training)
        {
            head.Train();
        }

        Graph graph = new();
        Value x = graph.Input("x", [2, 4, 5, 3]);
        return Array.ConvertAll(Run(graph, [head.Forward(x)])[0].Span.ToArray(), number => (double)number);
    }

    private static Tensor[] Run(Graph graph, Value[] wanted)
    {
        Program program = Program.Compile(graph, wanted);
        Random random = new(4);
        foreach (Tensor input in program.Inputs)
        {
            foreach (ref float number in input.Span)
            {
                number = (float)random.NextDouble();
            }
        }

        program.Run();
        return [.. program.Outputs];
    }
}
