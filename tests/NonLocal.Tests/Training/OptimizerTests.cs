using NonLocal.Layers;
using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

/// <summary>What optimisers do beyond the published trajectories, which the verifier reads.</summary>
public class OptimizerTests
{
    [Fact]
    public void Step_Maximize_MovesAlongTheGradient()
    {
        Linear layer = new(1, 1, bias: false);
        layer.Weight.Set([1]);
        ParameterUpdate state = new(layer, new UpdateRule { Optimizer = new Sgd { Maximize = true } });
        LearningStep step = LearningStep.Compile(layer, [1, 1], y => y.Sum(), state);
        step.Inputs[0].Span[0] = 2;
        step.Run(0.5, 0);
        Assert.Equal(2, layer.Weight.Value.Span[0]);
    }
}
