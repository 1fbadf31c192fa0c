using NonLocal.Attention;
using NonLocal.Cli.Recipes;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Tests;

/// <summary>Every block of the registry in every stage of a residual network, by its name in a recipe.</summary>
public class AttentionRecipeTests
{
    public static TheoryData<string> Names => [.. AttentionRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Recipe_WithABlockInEveryStage_MakesANetworkThatTrains(string block)
    {
        Classifier network = Network($"{{block: {block}, stages: [1, 2, 3]}}");
        Assert.Equal(["nl1", "nl2", "nl3"], Attention(network));
        network.Initialize(5);
        TrainingStep step = TrainingStep.Compile(
            network, [2, 16, 16, 3], logits => logits.CrossEntropy(logits.Graph.Input("target", [2])));
        foreach (Tensor input in step.Program.Inputs)
        {
            input.Span.Clear();
        }

        Random random = new(4);
        foreach (ref float number in step.Program.Inputs[0].Span)
        {
            number = random.NextSingle();
        }

        step.Program.Run();
        Assert.InRange(step.Loss, 0.01f, 20);
        Assert.All(["nl1.", "nl2.", "nl3."], place => Assert.Contains(network.Variables(), entry =>
            entry.Name.StartsWith(place, StringComparison.Ordinal) && step.Parameters.Contains(entry.Variable)));
        Assert.All(step.Gradients, gradient => Assert.DoesNotContain(gradient.Span.ToArray(), number => !float.IsFinite(number)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Recipe_WithABlockBetweenResidualBlocks_CallsItByTheirNumber(string block) =>
        Assert.Equal(["layer3.nl0", "layer3.nl2"], Attention(Network($"{{block: {block}, stages: [3], after: [0, 2]}}")));

    [Fact]
    public void Recipe_OtherSpellings_AreTheSameBlock() =>
        Assert.Contains(Network("{block: NonLocalBlock, stages: [2]}").Tree(), module => module is NonLocalBlock);

    [Fact]
    public void Recipe_WithAPosition_PutsItInsideTheResidualBlocks() => Assert.Equal(
        ["layer2.0.nl", "layer2.1.nl", "layer2.2.nl"], Attention(Network("{block: global-context, stages: [2], position: before-sum}")));

    [Theory]
    [InlineData("add", "channel_add_conv", "channel_mul_conv")]
    [InlineData("scale", "channel_mul_conv", "channel_add_conv")]
    public void Recipe_WithAFusion_HasItsTransformOnly(string fusion, string there, string absent)
    {
        string[] names = [.. Network($"{{block: global-context, stages: [2], fusion: {fusion}}}").Variables().Select(entry => entry.Name)];
        Assert.Contains(names, name => name.Contains(there, StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name.Contains(absent, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{block: non-local, stages: [3], fusion: scale}", "Only a global context block has a choice of fusion.")]
    [InlineData("{block: criss-cross, stages: [3], position: inside}", "model.attention.position is 'inside', expected behind-block or")]
    [InlineData("{block: criss-kross, stages: [3]}", "model.attention.block: There is no block 'criss-kross'. Did you mean criss-cross?")]
    [InlineData("{block: criss-cross, stages: [3], pairwise: gaussian}", "This block has one pairwise function and no sub-sampling.")]
    [InlineData("{block: asymmetric-fusion, stages: [3]}", "There is no block 'asymmetric-fusion'. Did you mean asymmetric-pyramid?")]
    [InlineData("{block: criss-cross, stages: [4]}", "the stages are 1 to 3")]
    public void Recipe_ThatCannotBe_IsRefusedInOneSentence(string attention, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Network(attention)).Message, StringComparison.Ordinal);

    private static string[] Attention(Classifier network) =>
        [.. network.Tree().Select(module => module.Path).Where(path => path.Split('.')[^1].StartsWith("nl", StringComparison.Ordinal))];

    private static Classifier Network(string attention) => Recipe.CreateModel(
        $"""
        model:
          name: cifar-resnet20
          classes: [dark, light]
          attention: {attention}

        """,
        "recipe.yaml");
}
