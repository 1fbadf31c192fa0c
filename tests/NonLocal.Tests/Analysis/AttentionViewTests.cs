using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Analysis;

public class AttentionViewTests
{
    private static readonly Shape Input = [2, 3, 4, 6];

    [Fact]
    public void Compile_OfABlockInside_ShowsTheRowsOfTheMapThatTheBlockReads()
    {
        Conv first = new(6, 4, [1, 1]);
        NonLocalBlock block = new(4);
        Sequential network = new(("first", first), ("block", block), ("last", new Linear(4, 2)));
        network.Initialize(5);
        Program view = AttentionView.Compile(network, block, Input, [7, 0]);

        Graph graph = new();
        Value read = first.BuildForInference(graph.Input("x", Input));
        Program whole = Program.Compile(graph, [block.AttentionMap(read)]);
        Tensor x = Filled();
        IReadOnlyList<Tensor> seen = view.Run(x);
        ReadOnlySpan<float> map = whole.Run(x)[0].Span;
        Assert.Equal(new Shape(2, 2, 12), seen[1].Shape);
        for (int row = 0; row < 4; row++)
        {
            int position = ((row / 2) * 12) + (row % 2 == 0 ? 7 : 0);
            for (int key = 0; key < 12; key++)
            {
                Assert.Equal(map[(position * 12) + key], seen[1].Span[(row * 12) + key], 1e-6f);
            }
        }

        Assert.Equal(network.CompileForInference(Input).Run(x)[0].Span, seen[0].Span);
    }

    [Fact]
    public void Compile_BlockElsewhereOrUsedTwice_IsRefused()
    {
        NonLocalBlock block = new(6);
        ArgumentException elsewhere =
            Assert.Throws<ArgumentException>(() => AttentionView.Compile(new Linear(6, 6), block, Input, [0]));
        Assert.Contains("no part of the network", elsewhere.Message, StringComparison.Ordinal);
        ArgumentException twice = Assert.Throws<ArgumentException>(
            () => AttentionView.Compile(new Sequential(("a", block), ("between", new Linear(6, 6)), ("b", block)), block, Input, [0]));
        Assert.Contains("on 2 maps", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_PositionOutsideOfTheMap_IsRefused()
    {
        NonLocalBlock block = new(6);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => AttentionView.Compile(new Sequential(("block", block)), block, Input, [12]));
    }

    private static Tensor Filled()
    {
        Tensor x = new(Input);
        for (int i = 0; i < x.Length; i++)
        {
            x.Span[i] = MathF.Sin(i * 0.7f);
        }

        return x;
    }
}
