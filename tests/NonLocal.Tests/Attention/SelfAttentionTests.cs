using NonLocal.Attention;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class SelfAttentionTests
{
    [Theory]
    [InlineData(SelfAttentionForm.WithOutput)]
    [InlineData(SelfAttentionForm.WithoutOutput)]
    public void SelfAttention_Streamed_EqualsLiteralRouteWithGradients(SelfAttentionForm form)
    {
        double[][] expected = new BlockRun(BlockRun.Randomised(new SelfAttention(10, 4, form, Route.Literal)), [2, 3, 5, 10]).Interpreted();
        BlockRun streamed = new(BlockRun.Randomised(new SelfAttention(10, 4, form)), [2, 3, 5, 10]);
        BlockRun.AssertAgree(expected, streamed.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, streamed.Program(), 1e-4);
    }

    [Fact]
    public void PlainSelfAttention_Streamed_EqualsLiteralRouteWithGradients()
    {
        double[][] expected = new BlockRun(BlockRun.Randomised(new PlainSelfAttention(6, Route.Literal)), [2, 3, 5, 6]).Interpreted();
        BlockRun streamed = new(BlockRun.Randomised(new PlainSelfAttention(6)), [2, 3, 5, 6]);
        BlockRun.AssertAgree(expected, streamed.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, streamed.Program(), 1e-4);
    }

    [Fact]
    public void SelfAttention_Fresh_ReturnsItsInputAndMovesOnlyGamma()
    {
        SelfAttention block = new(8);
        double[][] results = new BlockRun(block, [1, 4, 4, 8]).Program();
        Assert.Equal("gamma", block.Parameters()[0].Name);
        Assert.NotEqual(0, results[2][0]);
        Assert.All(results[3..], gradient => Assert.All(gradient, element => Assert.Equal(0, element)));
    }

    [Fact]
    public void AttentionRows_ChosenQueries_AreRowsOfTheMapThatSumToOne()
    {
        SelfAttention block = BlockRun.Randomised(new SelfAttention(4, 2));
        Graph graph = new();
        Value x = graph.Input("x", [1, 2, 3, 4]);
        Value map = block.AttentionMap(x);
        Program program = Program.Compile(graph, [map, block.AttentionRows(x, 5, 0)]);
        Random random = new(1);
        program.Run(Tensor.From(x.Shape, [.. Enumerable.Range(0, 24).Select(_ => (float)random.NextDouble())]));
        for (int row = 0; row < 6; row++)
        {
            Assert.Equal(1, program.Outputs[0].Span.Slice(row * 6, 6).ToArray().Sum(), 1e-5f);
        }

        Assert.Equal(program.Outputs[0].Span[30], program.Outputs[1].Span[0], 1e-6f);
        Assert.Equal(program.Outputs[0].Span[1], program.Outputs[1].Span[7], 1e-6f);
    }

    [Theory]
    [InlineData(SelfAttentionForm.WithOutput, "gamma f.weight f.bias g.weight g.bias h.weight h.bias o.weight o.bias", 590_977)]
    [InlineData(
        SelfAttentionForm.WithoutOutput,
        "gamma query_conv.weight query_conv.bias key_conv.weight key_conv.bias value_conv.weight value_conv.bias",
        328_321)]
    public void SelfAttention_Variables_HavePublishedNamesAndCount(SelfAttentionForm form, string names, long count)
    {
        SelfAttention block = new(512, form: form);
        Assert.Equal(names.Split(' '), block.Variables().Select(entry => entry.Name));
        Assert.Equal(count, block.Parameters().Sum(parameter => parameter.Shape.Count));
    }

    [Fact]
    public void PlainSelfAttention_Variables_AreFourFullConvolutions() =>
        Assert.Equal(1_050_624, new PlainSelfAttention(512).Parameters().Sum(parameter => parameter.Shape.Count));
}
