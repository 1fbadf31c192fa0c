using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Graphs;

public class ConvolutionTests
{
    [Fact]
    public void Define_OneDimensionByHand_MatchesThePublishedFormula()
    {
        // x = 1 2 3 4, w = 1 10 100, padding 1, stride 2: (0·1 + 1·10 + 2·100), (2·1 + 3·10 + 4·100)
        Graph graph = new();
        Value x = graph.Input("x", [1, 4, 1]);
        Value w = graph.Input("w", [3, 1, 1]);
        Value y = x.Convolution(w, ConvolutionGeometry.Create([3], stride: [2], padding: [1]));
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [1, 2, 3, 4]);
        interpreter.Feed(w, [1, 10, 100]);
        interpreter.Run(y);
        Assert.Equal([210.0, 432.0], interpreter[y].ToArray());
    }

    public static TheoryData<string, ConvolutionGeometry, int[], int> Cases => new()
    {
        { "1-D", ConvolutionGeometry.Create([3], [2], [1]), [2, 7, 3], 4 },
        { "2-D uneven", ConvolutionGeometry.Create([3, 2], [1, 2], [2, 1], [2, 1]), [2, 5, 6, 2], 3 },
        { "2-D groups", ConvolutionGeometry.Create([3, 3], [2, 2], [1, 1], null, 2), [1, 5, 5, 4], 6 },
        { "3-D depthwise", ConvolutionGeometry.Create([1, 3, 2], [1, 1, 2], [0, 1, 1], null, 3), [1, 2, 4, 5, 3], 3 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Convolution_FirstAndSecondGradients_MatchDifferences(string name, ConvolutionGeometry geometry, int[] input, int outputs)
    {
        Assert.NotEmpty(name);
        Graph graph = new();
        Value x = graph.Input("x", new Shape(input));
        Value w = graph.Input("w", geometry.WeightShape(input[^1], outputs));
        Value y = x.Convolution(w, geometry);
        Value?[] gradients = Differentiation.Gradients([y], [y * y], [x, w]);
        GradientCheck.Run(graph, [y, gradients[0]!, gradients[1]!]);
    }

    /// <summary>A window over one frame is one over a picture, by the same kernel; one over two frames is not.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Sizes_WindowOverOneFrame_CountFramesAsPictures(int window, bool pictures)
    {
        ConvolutionGeometry geometry = ConvolutionGeometry.Create([window, 3, 3], [1, 2, 2], [0, 1, 1]);
        Shape input = [2, 5, 8, 6, 3];
        Shape output = geometry.OutputShape(input, geometry.WeightShape(3, 4));
        ConvolutionGeometry flat = ConvolutionGeometry.Create([3, 3], [2, 2], [1, 1]);
        ConvolutionSizes expected = flat.Sizes([10, 8, 6, 3], [10, 4, 3, 4]);
        Assert.Equal(pictures, geometry.Sizes(input, output) == expected);
    }

    [Fact]
    public void Convolution_ChannelsDiffer_NamesBoth()
    {
        Graph graph = new();
        Value x = graph.Input("x", [1, 8, 8, 3]);
        Value w = graph.Input("w", [3, 3, 4, 8]);
        ShapeException error = Assert.Throws<ShapeException>(() => x.Convolution(w, ConvolutionGeometry.Create([3, 3])));
        Assert.Contains("has 3 channels", error.Message);
        Assert.Contains("reads 4", error.Message);
    }

    [Fact]
    public void Convolution_WindowLargerThanInput_SaysSo()
    {
        Graph graph = new();
        Value x = graph.Input("x", [1, 2, 2, 3]);
        Value w = graph.Input("w", [3, 3, 3, 8]);
        Assert.Contains("does not fit", Assert.Throws<ShapeException>(() => x.Convolution(w, ConvolutionGeometry.Create([3, 3]))).Message);
    }
}
