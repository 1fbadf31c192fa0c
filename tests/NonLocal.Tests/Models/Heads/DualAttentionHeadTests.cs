using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models.Heads;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Models.Heads;

public class DualAttentionHeadTests
{
    [Fact]
    public void Variables_OfBothHeads_HaveThePublishedNames()
    {
        string[] original = [.. new DanetHead(64, 3).Children.Select(child => child.Name)];
        Assert.Equal(["conv5a", "conv5c", "sa", "sc", "conv51", "conv52", "conv6", "conv7", "conv8"], original);
        DualAttentionHead head = new(new DecodeHeadOptions { InputChannels = [6], Channels = 16, Classes = 3 });
        string[] weights =
        [
            .. head.Variables().Select(entry => entry.Name)
                .Where(name => name.EndsWith(".weight", StringComparison.Ordinal) && !name.Contains(".bn.", StringComparison.Ordinal)),
        ];
        Assert.Equal(
            [
                "conv_seg.weight",
                "pam_in_conv.conv.weight",
                "pam.query_project.weight",
                "pam.key_project.weight",
                "pam.value_project.weight",
                "pam_out_conv.conv.weight",
                "pam_conv_seg.weight",
                "cam_in_conv.conv.weight",
                "cam_out_conv.conv.weight",
                "cam_conv_seg.weight",
            ],
            weights);
        Assert.Equal([2, 16, 1, 1], head.Variables().Single(entry => entry.Name == "pam.key_project.weight").PublishedShape);
    }

    /// <summary>The original's weights under mmsegmentation's names give the same logits: two names, one function.</summary>
    [Fact]
    public void ForwardAll_SameWeightsInBothHeads_SameLogits()
    {
        DanetHead original = BlockRun.Randomised(new DanetHead(64, 3));
        DualAttentionHead other = new(new DecodeHeadOptions { InputChannels = [64], Channels = 16, Classes = 3 });
        Dictionary<string, Variable> from = original.Variables().ToDictionary(entry => entry.Name, entry => entry.Variable);
        (string Ours, string Original)[] names =
        [
            ("conv_seg.", "conv8.1."), ("pam_conv_seg.", "conv6.1."), ("cam_conv_seg.", "conv7.1."), ("pam_in_conv.conv.", "conv5a.0."),
            ("pam_in_conv.bn.", "conv5a.1."), ("cam_in_conv.conv.", "conv5c.0."), ("cam_in_conv.bn.", "conv5c.1."),
            ("pam_out_conv.conv.", "conv51.0."), ("pam_out_conv.bn.", "conv51.1."), ("cam_out_conv.conv.", "conv52.0."),
            ("cam_out_conv.bn.", "conv52.1."), ("pam.gamma.scale", "sa.gamma"), ("cam.gamma.scale", "sc.gamma"),
            ("pam.query_project.", "sa.query_conv."), ("pam.key_project.", "sa.key_conv."), ("pam.value_project.", "sa.value_conv."),
        ];
        foreach (ModuleVariable entry in other.Variables())
        {
            (string ours, string theirs) = names.Single(pair => entry.Name.StartsWith(pair.Ours, StringComparison.Ordinal));
            entry.Variable.Set(from[theirs + entry.Name[ours.Length..]].Value.Span.ToArray());
        }

        Graph graph = new();
        Value x = graph.Input("x", [1, 4, 5, 64]);
        DualAttentionLogits first = original.ForwardAll(x);
        DualAttentionLogits second = other.ForwardAll(x);
        Value[] wanted = [first.Fused, first.Position, first.Channel, second.Fused, second.Position, second.Channel, original.Forward(x)];
        Program program = Program.Compile(graph, wanted);
        program.Run(Tensor.From(x.Shape, BlockChecks.Numbers(1280)));
        float[][] logits = [.. program.Outputs.Select(output => output.Span.ToArray())];
        Assert.Equal(logits[..3], logits[3..6]);
        Assert.Equal(logits[0], logits[6]);
        Assert.NotEqual(logits[1], logits[2]);
    }

    [Fact]
    public void ForwardAll_InTraining_DropsChannelsBeforeEveryClassifier()
    {
        Assert.All(Enumerable.Zip(Logits(0), Logits(0.5)), pair => Assert.NotEqual(pair.First, pair.Second));

        static float[][] Logits(double dropout)
        {
            DanetHead head = BlockRun.Randomised(new DanetHead(32, 2, dropout));
            head.Train();
            Graph graph = new();
            DualAttentionLogits logits = head.ForwardAll(graph.Input("x", [2, 3, 3, 32]));
            Program program = Program.Compile(graph, [logits.Fused, logits.Position, logits.Channel]);
            BlockChecks.Numbers(576).CopyTo(program.Inputs[0].Span);
            program.Run();
            return [.. program.Outputs.Select(output => output.Span.ToArray())];
        }
    }

    [Fact]
    public void GlobalContextHead_EveryOption_ReachesItsBlock()
    {
        FcnHeadOptions options = new() { InputChannels = [6], Channels = 16, Classes = 3 };
        Assert.Equal(4, new GlobalContextHead(options).Attention.Width);
        GlobalContextHead head = new(options, new GlobalContextOptions { Width = 3, Fusion = ContextFusion.ScaleThenAdd });
        Assert.Equal(3, head.Attention.Width);
        Assert.Contains(head.Variables(), entry => entry.Name == "gc_block.channel_mul_conv.3.weight");
    }

    [Fact]
    public void Constructor_TooFewChannels_SaysHowManyItNeeds() =>
        Assert.Contains("at least 32", Assert.Throws<ArgumentException>(() => new DanetHead(31, 2)).Message);
}
