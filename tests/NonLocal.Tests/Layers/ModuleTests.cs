using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Layers;

public class ModuleTests
{
    [Fact]
    public void Variables_NestedModules_HavePublishedNamesInPyTorchOrder()
    {
        Sequential network = Network();
        Assert.Equal(
            [
                "stem.0.weight", "stem.1.weight", "stem.1.bias", "stem.1.running_mean", "stem.1.running_var", "stem.1.num_batches_tracked",
                "fc.weight", "fc.bias",
            ],
            network.Variables().Select(entry => entry.Name));
        Assert.Equal(
            ["stem.0.weight", "stem.1.weight", "stem.1.bias", "fc.weight", "fc.bias"],
            network.Parameters().Select(variable => variable.Name));
    }

    [Fact]
    public void Variables_ParametersRegisteredAfterChildren_ComeFirst() =>
        Assert.Equal(["gamma", "query.weight", "query.bias"], new Gated(new Linear(2, 2)).Variables().Select(entry => entry.Name));

    [Fact]
    public void Variables_SharedModule_AppearsUnderBothNamesButIsLearnedOnce()
    {
        Shared shared = new();
        Assert.Equal(["f_key.weight", "f_key.bias", "f_query.weight", "f_query.bias"], shared.Variables().Select(entry => entry.Name));
        Assert.Equal(["f_key.weight", "f_key.bias"], shared.Parameters().Select(variable => variable.Name));
    }

    [Fact]
    public void Register_NameTaken_ThrowsNamingIt() =>
        Assert.Contains(
            "'0'",
            Assert.Throws<ArgumentException>(() => new Sequential(("0", new Linear(1, 1)), ("0", new Linear(1, 1)))).Message);

    [Fact]
    public void Forward_WrongChannels_ErrorNamesDottedPath()
    {
        ShapeException error = Assert.Throws<ShapeException>(() => Network().Forward(new Graph().Input("x", [2, 5, 5, 4])));
        Assert.StartsWith("stem.0", error.Message);
    }

    [Fact]
    public void Initialize_AnotherLayerAdded_LeavesOthersAsTheyAre()
    {
        Sequential small = new(("a", new Linear(3, 4)));
        Sequential large = new(("b", new Linear(3, 4)), ("a", new Linear(3, 4)));
        small.Initialize(5);
        large.Initialize(5);
        Dictionary<string, float[]> values = large.Variables()
            .ToDictionary(entry => entry.Name, entry => entry.Variable.Value.Span.ToArray());
        Assert.Equal(small.Parameters()[0].Value.Span.ToArray(), values["a.weight"]);
        Assert.NotEqual(values["b.weight"], values["a.weight"]);
        small.Initialize(6);
        Assert.NotEqual(small.Parameters()[0].Value.Span.ToArray(), values["a.weight"]);
    }

    [Fact]
    public void Forward_VariableWrittenBefore_KeepsItAndInitialisesTheRest()
    {
        Sequential network = new(("a", new Linear(1, 2)));
        network.Parameters()[1].Set([3, 4]);
        network.Layers[0].Forward(new Graph().Input("x", [1, 1]));
        Assert.Equal([3, 4], network.Parameters()[1].Value.Span.ToArray());
        Assert.DoesNotContain(0f, network.Parameters()[0].Value.Span.ToArray());
    }

    [Fact]
    public void Train_WholeTree_ThenPartEvaluated_OnlyThatPartChanges()
    {
        Sequential network = Network();
        Assert.DoesNotContain(network.Tree(), module => module.Training);
        network.Train();
        network.Layers[0].Evaluate();
        Assert.Equal(["fc"], network.Tree().Where(module => module.Training && module.Path.Length > 0).Select(module => module.Path));
    }

    private static Sequential Network() => new(
        ("stem", new Sequential(new Conv(3, 4, [3, 3], bias: false), new BatchNorm(4), new Function(x => x.Relu()))),
        ("fc", new Linear(4, 2)));

    private sealed class Gated : Module
    {
        public Gated(Linear query)
        {
            Register("query", query);
            Parameter("gamma", [1], Initializers.Zeros);
        }
    }

    private sealed class Shared : Module
    {
        public Shared()
        {
            Linear key = Register("f_key", new Linear(2, 2));
            Register("f_query", key);
        }
    }
}
