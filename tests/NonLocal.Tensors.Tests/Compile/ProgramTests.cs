using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Compile;

public class ProgramTests
{
    [Fact]
    public void Run_TwoLayersWithEveryPass_EqualsInterpreter()
    {
        (Graph graph, Value x, Value y) = TwoLayers();
        Tensor input = RandomTensor([4, 3], 5);
        Interpreter<float> interpreter = new(graph);
        interpreter.Feed(x, input.Span);
        interpreter.Run(y);
        foreach (CompileOptions options in new[] { new CompileOptions(), CompileOptions.NoPasses })
        {
            Tensor output = Program.Compile(graph, [y], options).Run(input)[0];
            for (int i = 0; i < output.Length; i++)
            {
                Assert.Equal(interpreter[y][i], output.Span[i], 1e-5f);
            }
        }
    }

    [Fact]
    public void Run_WithAListener_TellsEveryStepInOrder()
    {
        (Graph graph, _, Value y) = TwoLayers();
        Program program = Program.Compile(graph, [y], CompileOptions.NoPasses);
        List<int> told = [];
        program.Run(told.Add);
        Assert.Equal(Enumerable.Range(0, program.StepNames.Count), told);
    }

    [Fact]
    public void Compile_ScaleAndShiftAfterProduct_BecomeOneStep()
    {
        (Graph graph, _, Value y) = TwoLayers();
        Program program = Program.Compile(graph, [y]);
        Assert.Equal(2, program.StepNames.Count);
    }

    [Fact]
    public void Compile_BiasBeforeTheScale_StillIsOneStepOfTheSameResult()
    {
        Graph graph = new();
        Value x = graph.Input("x", [4, 3]);
        Value weight = graph.Read(new Variable("weight", RandomTensor([3, 5], 1)));
        Value bias = graph.Read(new Variable("bias", RandomTensor([5], 2)));
        Value scale = graph.Read(new Variable("scale", RandomTensor([5], 3)));
        Value y = (x.MatMul(weight) + bias) * scale;
        Tensor input = RandomTensor([4, 3], 5);
        Program program = Program.Compile(graph, [y]);
        Assert.Single(program.StepNames);
        float[] expected = Program.Compile(graph, [y], CompileOptions.NoPasses).Run(input)[0].Span.ToArray();
        Assert.All(expected.Zip(program.Run(input)[0].Span.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Run_AfterVariableChanged_UsesNewFoldedWeights()
    {
        (Graph graph, _, Value y) = TwoLayers();
        Tensor input = RandomTensor([4, 3], 5);
        Program program = Program.Compile(graph, [y]);
        float before = program.Run(input)[0].Span[0];
        Variable scale =
            graph.Nodes.Select(node => node.Operation).OfType<ReadVariable>().Single(read => read.Variable.Name == "scale").Variable;
        scale.Set([2, 2, 2, 2, 2]);
        float after = program.Run(input)[0].Span[0];
        Assert.NotEqual(before, after);
        Assert.Equal(Program.Compile(graph, [y], CompileOptions.NoPasses).Run(input)[0].Span[0], after, 1e-5f);
    }

    [Fact]
    public void Run_Assignment_LaterReadsSeeItAndVariableHoldsIt()
    {
        Graph graph = new();
        Variable counter = new("counter", Tensor.Scalar(3), VariableKind.State);
        Value before = graph.Read(counter);
        graph.Assign(counter, before + 1);
        Value after = graph.Read(counter) * 10;
        Program program = Program.Compile(graph, [before, after]);
        program.Run();
        program.Run();
        Assert.Equal(4, program.Outputs[0].Span[0]);
        Assert.Equal(50, program.Outputs[1].Span[0]);
        Assert.Equal(5, counter.Value.Span[0]);
    }

    [Fact]
    public void Compile_EqualWork_RunsOnceButNotAcrossAnAssignment()
    {
        Graph graph = new();
        Value x = graph.Input("x", [3]);
        Variable state = new("state", RandomTensor([3], 1), VariableKind.State);
        Value before = x * graph.Read(state);
        Value again = x * graph.Read(state);
        graph.Assign(state, x);
        Value after = x * graph.Read(state);
        Program program = Program.Compile(graph, [before, again, after], CompileOptions.NoPasses with { MergeCommon = true });
        Tensor input = RandomTensor([3], 2);
        IReadOnlyList<Tensor> outputs = program.Run(input);
        Assert.Equal(2, program.StepNames.Count(name => name.Contains("multiply")));
        Assert.Equal(outputs[0].Span.ToArray(), outputs[1].Span.ToArray());
        Assert.Equal(input.Span[1] * input.Span[1], outputs[2].Span[1]);
    }

    [Fact]
    public void Compile_WorkOnAVariableThatTheGraphWrites_KeepsNoCopy()
    {
        Graph graph = new();
        Value gradient = graph.Input("gradient", [100_000]);
        Variable velocity = new("velocity", RandomTensor([100_000], 1), VariableKind.State);
        graph.Assign(velocity, (graph.Read(velocity) * 0.9) + gradient);
        Program program = Program.Compile(graph, []);
        float before = velocity.Value.Span[7];
        program.Run(RandomTensor([100_000], 2));
        Assert.Equal((before * 0.9f) + RandomTensor([100_000], 2).Span[7], velocity.Value.Span[7], 1e-6f);
        Assert.Equal(0, program.PackedBytes);
        Assert.True(program.ArenaBytes < velocity.Shape.Count, "A step's blocks only, no second velocity.");
        Assert.Single(program.StepNames);
    }

    [Fact]
    public void Run_TwoVariablesExchanged_NeitherIsOverwrittenTooEarly()
    {
        Graph graph = new();
        Variable a = new("a", Tensor.From([2], [1, 2]), VariableKind.State);
        Variable b = new("b", Tensor.From([2], [3, 4]), VariableKind.State);
        Value oldA = graph.Read(a);
        Value oldB = graph.Read(b);
        graph.Assign(a, oldB * 10);
        graph.Assign(b, oldA + 1);
        Program.Compile(graph, []).Run();
        Assert.Equal([30, 40], a.Value.Span.ToArray());
        Assert.Equal([2, 3], b.Value.Span.ToArray());
    }

    [Fact]
    public void Run_OldValueReadAfterTheNewOneIsMade_SeesTheOldOne()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2]);
        Variable state = new("state", Tensor.From([2], [1, 2]), VariableKind.State);
        Value before = graph.Read(state);
        graph.Assign(state, before + x);
        Value both = (before * 100) + graph.Read(state);
        Program program = Program.Compile(graph, [both]);
        Assert.Equal([111, 222], program.Run(Tensor.From([2], [10, 20]))[0].Span.ToArray());
        Assert.Equal([11, 22], state.Value.Span.ToArray());
    }

    [Fact]
    public void Compile_OverMemoryLimit_RefusesBeforeAllocating()
    {
        Graph graph = new();
        Value x = graph.Input("x", [1000]);
        Assert.Throws<MemoryLimitException>(() => Program.Compile(graph, [x.Exponential()], new CompileOptions { MemoryLimit = 3999 }));
        Assert.Equal(4000, Program.Compile(graph, [x.Exponential()], new CompileOptions { MemoryLimit = 4000 }).OutputBytes);
    }

    private static (Graph Graph, Value X, Value Y) TwoLayers()
    {
        Graph graph = new();
        Value x = graph.Input("x", [4, 3]);
        Value scale = graph.Read(new Variable("scale", RandomTensor([5], 1)));
        Value shift = graph.Read(new Variable("shift", RandomTensor([5], 2)));
        Value hidden = ((x.MatMul(graph.Read(new Variable("w1", RandomTensor([3, 5], 3)))) * scale) + shift).Relu();
        Value y = hidden.MatMul(graph.Read(new Variable("w2", RandomTensor([5, 3], 4)))) + x;
        return (graph, x, y);
    }

    private static Tensor RandomTensor(Shape shape, int seed)
    {
        Random random = new(seed);
        return Tensor.From(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)GradientNormal(random))]);
    }

    private static double GradientNormal(Random random) => Graphs.GradientCheck.Normal(random);
}
