using System.Text.Json;
using NonLocal.Formats;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Testing;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

public class OptimizerTests
{
    public static TheoryData<string> Files =>
        [.. Fixtures.Names("*.safetensors", "goldens", "optim").Where(name => !name.StartsWith("clip", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Step_PublishedTrajectory_AgreesAtEveryStepAndInState(string name)
    {
        TensorFile file = Safetensors.Read(Fixtures.Path("goldens", "optim", name));
        JsonElement config = JsonDocument.Parse(file.Metadata["config"]).RootElement;
        Optimizer optimizer = Read(file.Metadata["block"], config);
        for (int j = 0; file.Contains($"p{j}.step0"); j++)
        {
            Follow(file, config, optimizer, j);
        }
    }

    [Fact]
    public void Step_Maximize_MovesAlongTheGradient()
    {
        Variable parameter = new("p", Tensor.Scalar(1));
        Stepper(new Sgd { Maximize = true }, parameter, 0)(Tensor.Scalar(2), 0.5, 1);
        Assert.Equal(2, parameter.Value.Span[0]);
    }

    [Fact]
    public void ClipByGlobalNorm_PublishedCase_Agrees()
    {
        TensorFile file = Safetensors.Read(Fixtures.Path("goldens", "optim", "clip_grad_norm.safetensors"));
        Graph graph = new();
        Value[] gradients = [graph.Input("a", ShapeOf(file["grad0.before"])), graph.Input("b", ShapeOf(file["grad1.before"]))];
        Value norm = GradientClipping.GlobalNorm(gradients);
        Program program = Program.Compile(graph, [norm, .. GradientClipping.ClipByGlobalNorm(gradients, 1.5)]);
        IReadOnlyList<Tensor> outputs = program.Run(TensorOf(file["grad0.before"]), TensorOf(file["grad1.before"]));
        AssertClose(file["total_norm"], outputs[0], 5e-6);
        AssertClose(file["grad0.after"], outputs[1], 5e-6);
        AssertClose(file["grad1.after"], outputs[2], 5e-6);
    }

    private static void Follow(TensorFile file, JsonElement config, Optimizer optimizer, int j)
    {
        double decay = config.GetProperty("weight_decay").GetDouble();
        Variable parameter = new($"p{j}", TensorOf(file[$"p{j}.step0"]));
        List<Variable> slots = [];
        Action<Tensor, double, long> step = Stepper(optimizer, parameter, decay, slots);
        for (int t = 1; file.Contains($"g{j}.step{t}"); t++)
        {
            double rate = config.TryGetProperty("lr_per_step", out JsonElement rates)
                ? rates[t - 1].GetDouble() : config.GetProperty("lr").GetDouble();
            step(TensorOf(file[$"g{j}.step{t}"]), rate, t);
            AssertClose(file[$"p{j}.step{t}"], parameter.Value, 5e-6);
        }

        foreach (Variable slot in slots.Where(slot => file.Contains($"s{j}.{slot.Name}")))
        {
            AssertClose(file[$"s{j}.{slot.Name}"], slot.Value, 5e-6);
        }
    }

    private static Action<Tensor, double, long> Stepper(Optimizer optimizer, Variable parameter, double decay, List<Variable>? slots = null)
    {
        Graph graph = new();
        Value gradient = graph.Input("gradient", parameter.Shape);
        Value[] rates = [.. Enumerable.Range(0, optimizer.RateCount).Select(i => graph.Input($"rate {i}", Shape.Scalar))];
        slots ??= [];
        slots.AddRange(optimizer.SlotNames.Select(slot => new Variable(slot, new Tensor(parameter.Shape), VariableKind.State)));
        graph.Assign(parameter, optimizer.Step(graph.Read(parameter), gradient, slots, rates, decay));
        Program program = Program.Compile(graph, []);
        return (g, rate, t) =>
        {
            double[] numbers = new double[optimizer.RateCount];
            optimizer.Rates(rate, t, numbers);
            program.Run([g, .. numbers.Select(number => Tensor.Scalar((float)number))]);
        };
    }

    private static Optimizer Read(string block, JsonElement config) => block == "optimizer SGD"
        ? new Sgd
        {
            Momentum = config.GetProperty("momentum").GetDouble(),
            Dampening = config.TryGetProperty("dampening", out JsonElement dampening) ? dampening.GetDouble() : 0,
            Nesterov = config.GetProperty("nesterov").GetBoolean(),
        }
        : new Adam
        {
            Beta1 = config.GetProperty("betas")[0].GetDouble(),
            Beta2 = config.GetProperty("betas")[1].GetDouble(),
            Epsilon = config.GetProperty("eps").GetDouble(),
            AmsGrad = config.GetProperty("amsgrad").GetBoolean(),
            Decoupled = block == "optimizer AdamW",
        };

    private static Shape ShapeOf(StoredTensor stored) => new([.. stored.Shape.Select(length => (int)length)]);

    private static Tensor TensorOf(StoredTensor stored) => Tensor.From(ShapeOf(stored), stored.ToSingle());

    private static void AssertClose(StoredTensor expected, Tensor actual, double tolerance)
    {
        double[] reference = expected.ToDouble();
        double difference = Math.Sqrt(reference.Select((x, i) => Math.Pow(x - actual.Span[i], 2)).Sum());
        double size = Math.Sqrt(reference.Sum(x => x * x));
        Assert.True(difference <= tolerance * size, $"{expected.Name}: relative error {difference / size:E2}, tolerance {tolerance:E0}.");
    }
}
