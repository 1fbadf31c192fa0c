using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Tests.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class CrossEntropyKernelTests
{
    public static TheoryData<LossReduction, double, bool> Options => new()
    {
        { LossReduction.Mean, 0, false }, { LossReduction.Mean, 0.1, false },
        { LossReduction.Mean, 0, true }, { LossReduction.Mean, 0.2, true },
        { LossReduction.Sum, 0.1, true }, { LossReduction.None, 0, false },
        { LossReduction.None, 0.1, true }, { LossReduction.Mean, 1, true },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void CrossEntropy_AnySize_EqualsDefinition(LossReduction reduction, double smoothing, bool weighted)
    {
        foreach ((int rows, int classes) in new[] { (1, 1), (5, 5), (8, 10), (33, 17), (600, 21), (3, 1000) })
        {
            CrossEntropy loss = new(reduction, smoothing, Ignored: -1);
            Shape[] shapes = weighted ? [[rows, classes], [rows], [classes]] : [[rows, classes], [rows]];
            double Sample(Random random, int input) => input switch
            {
                0 => 3 * GradientCheck.Normal(random),
                1 => random.Next(Math.Min(0, 1 - classes / 2), classes) is var target && target < 0 && rows > 1 ? -1 : Math.Max(0, target),
                _ => 0.1 + random.NextDouble(),
            };
            if (rows > 1)
            {
                KernelCheck.Run(loss, shapes, 1e-6, Sample);
            }

            Shape[] backward = [.. shapes, reduction == LossReduction.None ? [rows] : Shape.Scalar];
            KernelCheck.Run(new CrossEntropyGradient(loss), backward, 1e-6, Sample, seed: 2);
        }
    }

    [Fact]
    public void CrossEntropy_TargetIsNoClass_GivesNaN()
    {
        foreach (float target in new[] { 3, -2, 0.5f, float.NaN })
        {
            float[][] inputs = [[1, 2, 3, 4, 5, 6], [1, target]];
            float[] loss = KernelCheck.Run(new CrossEntropy(LossReduction.None), [[2, 3], [2]], inputs)[0];
            Assert.True(float.IsFinite(loss[0]) && float.IsNaN(loss[1]));
            KernelCheck.Run(new CrossEntropyGradient(new CrossEntropy(LossReduction.None)), [[2, 3], [2], [2]], [.. inputs, [1, 1]]);
        }
    }

    [Fact]
    public void CrossEntropy_AllIgnored_MeanIsNaN()
    {
        float[] loss = KernelCheck.Run(new CrossEntropy(), [[2, 3], [2]], [[1, 2, 3, 4, 5, 6], [-100, -100]])[0];
        Assert.True(float.IsNaN(loss[0]));
    }
}
