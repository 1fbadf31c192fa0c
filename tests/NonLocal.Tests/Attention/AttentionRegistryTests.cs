using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class AttentionRegistryTests
{
    [Fact]
    public void Create_EveryName_KeepsTheShape()
    {
        foreach (string name in AttentionRegistry.Names)
        {
            Layer block = AttentionRegistry.Create(name, 8);
            Assert.Equal([2, 3, 4, 8], block.CompileForInference([2, 3, 4, 8]).Outputs[0].Shape);
        }
    }

    [Fact]
    public void Entries_EveryBlock_SayWhatItIsAndWhereItComesFrom() =>
        Assert.All(AttentionRegistry.Entries.Values, entry =>
        {
            Assert.InRange(entry.Description.Length, 10, 80);
            Assert.NotEmpty(entry.Source);
        });

    [Theory]
    [InlineData("nonlocal")]
    [InlineData("NonLocalBlock")]
    [InlineData("non_local")]
    public void Create_OtherSpelling_IsTheSameBlock(string name) => Assert.IsType<NonLocalBlock>(AttentionRegistry.Create(name, 8));

    [Fact]
    public void Create_Choice_ReachesTheBlock()
    {
        AttentionChoice choice = new() { Pairwise = Pairwise.DotProduct, Subsample = true, Route = Route.Literal };
        NonLocalOptions options = ((NonLocalBlock)AttentionRegistry.Create("non-local", 8, choice)).Options;
        Assert.Equal(Pairwise.DotProduct, options.Pairwise);
        Assert.Equal(Subsampling.AfterEmbedding, options.Subsampling);
        Assert.Equal(Route.Literal, options.Route);
        Assert.Throws<ArgumentException>(() => AttentionRegistry.Create("self-attention", 8, choice));
    }

    [Fact]
    public void Create_EveryName_WorkCarriesThePathsOfItsModules()
    {
        foreach (string name in AttentionRegistry.Names)
        {
            Sequential network = new(("block", AttentionRegistry.Create(name, 8)));
            Value y = network.Forward(new Graph().Input("x", [1, 3, 4, 8]));
            HashSet<string> paths = [.. network.Tree().Select(module => module.Path)];
            Node[] work = [.. y.Graph.Nodes.Where(node => node.Operation.MultiplyAdds(node) > 0)];
            Assert.All(work, node => Assert.Contains(node.Layer, paths));
        }
    }

    // A zero behind a ReLU, for one, would stay where it is.
    [Fact]
    public void Gradients_EveryFreshBlock_MoveSomeParameter()
    {
        foreach (string name in AttentionRegistry.Names)
        {
            Layer block = AttentionRegistry.Create(name, 16);
            block.Initialize(seed: 1);
            block.Train();
            Graph graph = new();
            Value y = block.Forward(graph.Input("x", [2, 6, 6, 16]));
            Value[] parameters = [.. block.Parameters().Select(graph.Read)];
            Value?[] gradients = Differentiation.Gradients([y], [graph.Input("gradient", y.Shape)], parameters);
            Program program = Program.Compile(graph, [.. gradients.OfType<Value>()]);
            Random random = new(2);
            foreach (Tensor input in program.Inputs)
            {
                foreach (ref float number in input.Span)
                {
                    number = random.NextSingle() - 0.5f;
                }
            }

            program.Run();
            Assert.True(program.Outputs.Any(gradient => gradient.Span.ContainsAnyExcept(0f)), $"{name} cannot learn.");
        }
    }

    [Fact]
    public void Create_UnknownName_SuggestsTheNearest() =>
        Assert.Contains(
            "non-local", Assert.Throws<ArgumentException>(() => AttentionRegistry.Create("non-locl", 8)).Message, StringComparison.Ordinal);
}
