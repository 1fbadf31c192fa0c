using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;

namespace NonLocal.Tests.Models;

public class AutoNonLocalNetworkTests
{
    // Published: 4.4 M parameters and 267 M multiply-adds, 5.6 M and 353 M.
    [Theory]
    [InlineData("autonl-s", 4_389_350, 267, 7)]
    [InlineData("autonl-l", 5_580_336, 353, 14)]
    public void Create_SearchedNetwork_CostsWhatIsPublished(string name, long parameters, double multiplyAdds, int attention)
    {
        ModelSummary summary = ModelSummary.Of(ModelRegistry.Create(name), [1, 224, 224, 3]);
        Assert.Equal(parameters, summary.Parameters);
        Assert.Equal(multiplyAdds, summary.Flops / 2e6, 0.02 * multiplyAdds);
        Assert.Equal(attention, summary.Modules.Count(module => module.Kind == nameof(LightNonLocalBlock)));
        Assert.Equal(new Shape(1, 1000), summary.Output);
    }

    [Fact]
    public void Variables_SearchedNetwork_HaveThePublishedNames()
    {
        HashSet<string> names = [.. ModelRegistry.Create("autonl-s").Variables().Select(entry => entry.Name)];
        Assert.Superset(
            new HashSet<string>
            {
                "features.0.0.weight",
                "features.1.depth_ops.0.0.0.weight",
                "features.2.expand_conv.1.running_var",
                "features.2.depth_ops.0.1.0.weight",
                "features.2.nl_op.depthwise_conv.weight",
                "features.2.nl_op.bn.weight",
                "features.7.se_op.se_reduce.bias",
                "features.7.se_op.se_expand.weight",
                "features.7.project_conv.1.weight",
                "features.19.1.running_mean",
                "classifier.1.weight",
                "classifier.1.bias",
            },
            names);
        Assert.DoesNotContain("features.1.expand_conv.0.weight", names);
        Assert.DoesNotContain("features.3.nl_op.bn.weight", names);
    }

    [Fact]
    public void Divisor_OfANetwork_ChangesItsResult()
    {
        float[][] results = [.. Enum.GetValues<LightDivisor>().Select(divisor => Answer(AutoNonLocalNetwork.Small(
            "autonl-s", new ModelOptions { Classes = 3 }, divisor)))];
        Assert.NotEqual(results[0], results[1]);
    }

    [Fact]
    public void Create_OptionsThatTheNetworkDoesNotHave_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => ModelRegistry.Create("autonl-s", new ModelOptions { ZeroInitializeResidual = true }));
        Assert.Throws<ArgumentException>(
            () => ModelRegistry.Create("autonl-l", new ModelOptions { Attention = NonLocalPlacements.Five }));
        Assert.Equal(7, ModelRegistry.Create("autonl-s", new ModelOptions { Classes = 7 }).Classes);
    }

    private static float[] Answer(AutoNonLocalNetwork network)
    {
        foreach (ModuleVariable entry in network.Variables())
        {
            if (entry.Name.EndsWith("nl_op.bn.weight", StringComparison.Ordinal))
            {
                entry.Variable.Set([.. Enumerable.Repeat(1f, (int)entry.Variable.Shape.Count)]);
            }
        }

        Tensor picture = new([1, 32, 32, 3]);
        picture.Span.Fill(0.5f);
        return network.CompileForInference(picture.Shape).Run(picture)[0].Span.ToArray();
    }
}
