using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Analysis;

public class ReceptiveFieldTests
{
    private static readonly Shape Map = [1, 4, 5, 16];

    [Theory]
    [InlineData("non-local", "all positions")]
    [InlineData("self-attention", "all positions")]
    [InlineData("position-attention", "all positions")]
    [InlineData("expectation-maximization", "all positions")]
    [InlineData("asymmetric-pyramid", "all positions")]
    [InlineData("spectral-non-local", "all positions")]
    [InlineData("double-attention", "all positions")]
    [InlineData("criss-cross", "row and column")]
    [InlineData("simplified-non-local", "all, the same for every position")]
    [InlineData("squeeze-excitation", "all, through statistics of channels")]
    [InlineData("channel-attention", "all, through statistics of channels")]
    public void Of_ABlock_IsWhatItsPaperSays(string name, string expected) =>
        Assert.Equal(expected, Field(AttentionRegistry.Create(name, Map.Last)).Description);

    [Theory]
    [InlineData(Pairwise.Gaussian)]
    [InlineData(Pairwise.Concatenation)]
    public void Of_APairThatIsNotRelatedOnEveryMap_IsFoundOnAnother(Pairwise pairwise) =>
        Assert.Equal(Reach.All, Field(new NonLocalBlock(Map.Last, pairwise)).Reach);

    [Fact]
    public void Of_AFreshBlockThatReturnsItsInput_IsThatOfALearnedOne()
    {
        SelfAttention fresh = new(Map.Last);
        Assert.Equal(Reach.All, Field(fresh).Reach);
        Assert.Equal(0, fresh.Variables().Single(entry => entry.Name == "gamma").Variable.Value.Span[0]);
    }

    [Fact]
    public void Of_AConvolution_CountsItsWindow()
    {
        ReceptiveField field = ReceptiveField.Of(new Conv(4, 4, [3, 3], padding: [1, 1]), [1, 5, 7, 4]);
        Assert.Equal((Reach.Some, 9, 35), (field.Reach, field.Read, field.Positions));
        Assert.Equal("9 of 35 positions", field.Description);
    }

    [Fact]
    public void Of_APointwiseLayer_IsItsOwnPosition()
    {
        ReceptiveField field = Field(new Conv(Map.Last, Map.Last, [1, 1]));
        Assert.Equal((Reach.Itself, 1, Readers.Choose), (field.Reach, field.Read, field.Readers));
    }

    [Fact]
    public void Of_OneAxis_HasNoRowsAndColumns() =>
        Assert.Equal(Reach.All, ReceptiveField.Of(new NonLocalBlock(8), [1, 9, 8]).Reach);

    [Fact]
    public void Of_ALayerThatMakesAnotherShape_IsRefused() =>
        Assert.Contains(
            "1x4x5x16 becomes 1x2x3x16",
            Assert.Throws<ArgumentException>(() => Field(new Conv(Map.Last, Map.Last, [3, 3], [2, 2], [1, 1]))).Message,
            StringComparison.Ordinal);

    private static ReceptiveField Field(Layer layer) => ReceptiveField.Of(layer, Map);
}
