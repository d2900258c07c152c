import assessments.domain.admissions
import assessments.domain.sae
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import trialsite.keys
import trialsite.tables
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '__first__'),
        ('assessments', '0001_forms'),
        ('casebook', '0011_added_visits'),
        ('studies', '0003_activations'),
    ]

    operations = [
        trialsite.tables.InOneStep(
            operations=[migrations.AddField(
                model_name='acutegvhd',
                name='bilirubin_canonical',
                field=models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='bilirubin_comparator',
                field=models.CharField(blank=True, default='', max_length=2),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='bilirubin_text',
                field=models.CharField(blank=True, default='', max_length=40),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='bilirubin_unit',
                field=models.CharField(blank=True, default='', max_length=30),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='bilirubin_value',
                field=models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='bullae',
                field=models.BooleanField(blank=True, null=True, verbose_name='Bullae or desquamation (more than 5 % BSA)'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='gvhd_class',
                field=models.CharField(blank=True, choices=[('CLASSIC_ACUTE', 'Classic acute'), ('LATE_ACUTE', 'Late, persistent or recurrent acute'), ('CLASSIC_CHRONIC', 'Classic chronic'), ('OVERLAP', 'Overlap of chronic and acute')], default='', max_length=30, verbose_name='Class'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='severe_gut',
                field=models.BooleanField(blank=True, null=True, verbose_name='Severe abdominal pain, ileus or grossly bloody stool'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='skin_pct',
                field=models.DecimalField(blank=True, decimal_places=1, help_text='share of the body surface; 0 when there is none', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='Skin with active rash'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='stage_reason',
                field=models.CharField(blank=True, default='', max_length=300, verbose_name='Why another stage'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='stool_episodes',
                field=models.PositiveSmallIntegerField(blank=True, help_text='where the volume was not measured', null=True, verbose_name='Stools a day'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='stool_ml',
                field=models.DecimalField(blank=True, decimal_places=2, help_text='mean of three days; mixed with urine counts half; for a body above 50 kg', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(99999)], verbose_name='Stool volume'),
            ), migrations.AddField(
                model_name='acutegvhd',
                name='upper_gi_symptoms',
                field=models.BooleanField(blank=True, null=True, verbose_name='Persistent nausea, vomiting or anorexia'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='action_blinatumomab',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('REDUCED', 'Dose reduced'), ('INTERRUPTED', 'Interrupted or delayed'), ('STOPPED', 'Stopped for good'), ('NA', 'Not applicable')], default='', max_length=30, verbose_name='Action with blinatumomab'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='action_car_t',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('REDUCED', 'Dose reduced'), ('INTERRUPTED', 'Interrupted or delayed'), ('STOPPED', 'Stopped for good'), ('NA', 'Not applicable')], default='', max_length=30, verbose_name='Action with CAR-T cells'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='action_chemo',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('REDUCED', 'Dose reduced'), ('INTERRUPTED', 'Interrupted or delayed'), ('STOPPED', 'Stopped for good'), ('NA', 'Not applicable')], default='', max_length=30, verbose_name='Action with chemotherapy'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='action_hsct',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('REDUCED', 'Dose reduced'), ('INTERRUPTED', 'Interrupted or delayed'), ('STOPPED', 'Stopped for good'), ('NA', 'Not applicable')], default='', max_length=30, verbose_name='Action with transplantation'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='action_venetoclax',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('REDUCED', 'Dose reduced'), ('INTERRUPTED', 'Interrupted or delayed'), ('STOPPED', 'Stopped for good'), ('NA', 'Not applicable')], default='', max_length=30, verbose_name='Action with venetoclax'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='meddra_llt',
                field=models.CharField(blank=True, default='', help_text='its code or its name', max_length=200, verbose_name='MedDRA lowest level term'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='meddra_llt_code',
                field=models.CharField(blank=True, default='', max_length=10, verbose_name='Code of the MedDRA lowest level term'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='meddra_pt',
                field=models.CharField(blank=True, default='', max_length=200, verbose_name='MedDRA preferred term'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='meddra_pt_code',
                field=models.CharField(blank=True, default='', max_length=10, verbose_name='Code of the MedDRA preferred term'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='meddra_version',
                field=models.CharField(blank=True, default='', max_length=10, verbose_name='MedDRA version'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='site_aware_at',
                field=models.DateTimeField(blank=True, help_text='from here the clock runs, weekends count', null=True, verbose_name='The site knew at'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='specified',
                field=models.CharField(blank=True, default='', help_text='what happened; required for “Other, specify”', max_length=200, verbose_name='In your words'),
            ), migrations.AddField(
                model_name='adverseevent',
                name='sponsor_told_at',
                field=models.DateTimeField(blank=True, help_text='stops the clock; leave empty until it is sent', null=True, verbose_name='Sent to the sponsor at'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='alp_times',
                field=models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(500)], verbose_name='Alkaline phosphatase, times the upper limit'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='alt_times',
                field=models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(500)], verbose_name='ALT, times the upper limit of normal'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='bilirubin_canonical',
                field=models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='bilirubin_comparator',
                field=models.CharField(blank=True, default='', max_length=2),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='bilirubin_raised',
                field=models.BooleanField(blank=True, null=True, verbose_name='Bilirubin above the upper limit of normal'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='bilirubin_text',
                field=models.CharField(blank=True, default='', max_length=40),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='bilirubin_unit',
                field=models.CharField(blank=True, default='', max_length=30),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='bilirubin_value',
                field=models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='breath',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('STAIRS', 'Short of breath after one flight of stairs'), ('FLAT', 'Short of breath on the flat'), ('REST', 'Short of breath at rest, or oxygen')], default='', max_length=30, verbose_name='Shortness of breath'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='fev1_pct',
                field=models.DecimalField(blank=True, decimal_places=1, help_text='it overrides symptoms', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(200)], verbose_name='FEV1, percent of predicted'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='gi_explained',
                field=models.BooleanField(blank=True, null=True, verbose_name='Gastrointestinal: another cause explains it entirely'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='gut',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('SYMPTOMS', 'Symptoms without significant weight loss'), ('MODERATE', 'Moderate diarrhoea, daily life hardly affected'), ('SEVERE', 'Severe diarrhoea, or most calories by supplement')], default='', max_length=30, verbose_name='Gastrointestinal symptoms'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='gvhd_class',
                field=models.CharField(blank=True, choices=[('CLASSIC_ACUTE', 'Classic acute'), ('LATE_ACUTE', 'Late, persistent or recurrent acute'), ('CLASSIC_CHRONIC', 'Classic chronic'), ('OVERLAP', 'Overlap of chronic and acute')], default='', max_length=30, verbose_name='Class'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='liver_explained',
                field=models.BooleanField(blank=True, null=True, verbose_name='Liver: another cause explains it entirely'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='lungs_explained',
                field=models.BooleanField(blank=True, null=True, verbose_name='Lungs: another cause explains it entirely'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='sclerosis',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('SUPERFICIAL', 'Superficial, not hidebound'), ('DEEP', 'Deep, hidebound, impaired mobility or ulcer')], default='', max_length=30, verbose_name='Sclerosis of the skin'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='skin_explained',
                field=models.BooleanField(blank=True, null=True, verbose_name='Skin: another cause explains it entirely'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='skin_pct',
                field=models.DecimalField(blank=True, decimal_places=1, help_text='share of the body surface; 0 when there is none', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='Skin involved'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='stage_reason',
                field=models.CharField(blank=True, default='', max_length=300, verbose_name='Why another score'),
            ), migrations.AddField(
                model_name='chronicgvhd',
                name='weight_loss_pct',
                field=models.DecimalField(blank=True, decimal_places=1, help_text='within three months; 0 when there is none', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='Weight loss'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='ctcae_reason',
                field=models.CharField(blank=True, default='', help_text='where your grade is not the one that the components give', max_length=300, verbose_name='Why another CTCAE grade'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='fatal',
                field=models.BooleanField(blank=True, null=True, verbose_name='Death due to cytokine release'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='fio2_pct',
                field=models.DecimalField(blank=True, decimal_places=1, help_text='CTCAE: grade 3 from 40 %; grade 2 below', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(21), django.core.validators.MaxValueValidator(100)], verbose_name='Inspired oxygen (FiO₂)'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='oxygen_flow',
                field=models.DecimalField(blank=True, decimal_places=2, help_text='up to 6 L/min by cannula is low flow', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='Oxygen flow'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='second_vasopressor',
                field=models.CharField(blank=True, choices=[('NOREPINEPHRINE', 'Norepinephrine'), ('EPINEPHRINE', 'Epinephrine'), ('DOPAMINE', 'Dopamine'), ('METARAMINOL', 'Metaraminol'), ('PHENYLEPHRINE', 'Phenylephrine'), ('DOBUTAMINE', 'Dobutamine'), ('OTHER', 'Other')], default='', help_text='leave empty when there was one only', max_length=30, verbose_name='Second vasopressor'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='vasopressin',
                field=models.BooleanField(blank=True, help_text='it does not count as a second vasopressor (ASTCT)', null=True, verbose_name='Vasopressin'),
            ), migrations.AddField(
                model_name='cytokinerelease',
                name='vasopressor',
                field=models.CharField(blank=True, choices=[('NOREPINEPHRINE', 'Norepinephrine'), ('EPINEPHRINE', 'Epinephrine'), ('DOPAMINE', 'Dopamine'), ('METARAMINOL', 'Metaraminol'), ('PHENYLEPHRINE', 'Phenylephrine'), ('DOBUTAMINE', 'Dobutamine'), ('OTHER', 'Other')], default='', max_length=30, verbose_name='Vasopressor'),
            ), migrations.AddField(
                model_name='icescore',
                name='city',
                field=models.BooleanField(blank=True, null=True, verbose_name='Knows the city'),
            ), migrations.AddField(
                model_name='icescore',
                name='fatal',
                field=models.BooleanField(blank=True, null=True, verbose_name='Death due to neurotoxicity'),
            ), migrations.AddField(
                model_name='icescore',
                name='haemorrhage',
                field=models.BooleanField(blank=True, help_text='no part of ICANS: enter an adverse event', null=True, verbose_name='Intracranial haemorrhage'),
            ), migrations.AddField(
                model_name='icescore',
                name='hospital',
                field=models.BooleanField(blank=True, null=True, verbose_name='Knows the hospital'),
            ), migrations.AddField(
                model_name='icescore',
                name='month',
                field=models.BooleanField(blank=True, null=True, verbose_name='Knows the month'),
            ), migrations.AddField(
                model_name='icescore',
                name='other_cause',
                field=models.BooleanField(blank=True, null=True, verbose_name='Explained entirely by another cause'),
            ), migrations.AddField(
                model_name='icescore',
                name='sedated',
                field=models.BooleanField(blank=True, help_text='consciousness then does not count', null=True, verbose_name='Under sedation'),
            ), migrations.AddField(
                model_name='icescore',
                name='tremor',
                field=models.BooleanField(blank=True, help_text='no part of ICANS: enter an adverse event', null=True, verbose_name='Tremor or myoclonus'),
            ), migrations.AddField(
                model_name='icescore',
                name='year',
                field=models.BooleanField(blank=True, null=True, verbose_name='Knows the year'),
            ), migrations.AddField(
                model_name='labresult',
                name='finding',
                field=models.CharField(blank=True, choices=[('NONE', 'None of these'), ('SYMPTOMS', 'Symptoms'), ('SYMPTOMS_OR_TREATMENT', 'Symptoms or treatment of it'), ('TRANSFUSION', 'Transfusion indicated'), ('TREATMENT', 'Treatment started or changed for it'), ('INSULIN_OR_HOSPITAL', 'Insulin started or admission for it'), ('SEVERE', 'Severe, or admission for it'), ('SEIZURE', 'Seizure'), ('BLEEDING', 'Bleeding'), ('ANTICOAGULANT', 'On an anticoagulant'), ('CONSEQUENCE', 'Physiologic consequence'), ('ARRHYTHMIA', 'Torsade de pointes, polymorphic ventricular tachycardia or signs of a serious arrhythmia'), ('LEUCOSTASIS', 'Leucostasis'), ('LIFE_THREATENING', 'Life-threatening')], default='', help_text='What goes with this result and changes its CTCAE grade: the worst that applies. Empty: not recorded.', max_length=30, verbose_name='Clinical finding'),
            ), migrations.AddField(
                model_name='labresult',
                name='limits_from',
                field=models.CharField(blank=True, choices=[('SITE_RANGE', 'Range of the site'), ('REPORT', 'As printed'), ('NOT_PRINTED', 'Not printed')], default='', max_length=30, verbose_name='Limits from'),
            ), migrations.AddField(
                model_name='mrdresult',
                name='clone_id',
                field=models.CharField(blank=True, default='', help_text="the laboratory's name of it", max_length=60, verbose_name='Sequence that is followed'),
            ), migrations.AddField(
                model_name='mrdresult',
                name='index_found',
                field=models.BooleanField(blank=True, help_text='NGS and RQ-PCR of IG/TR follow it', null=True, verbose_name='Index sequence found at diagnosis'),
            ), migrations.AddField(
                model_name='plannedvisit',
                name='note',
                field=models.CharField(blank=True, default='', max_length=300),
            ), migrations.AlterField(
                model_name='acutegvhd',
                name='liver',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(4)], verbose_name='Liver stage'),
            ), migrations.AlterField(
                model_name='acutegvhd',
                name='lower_gi',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(4)], verbose_name='Lower GI stage'),
            ), migrations.AlterField(
                model_name='acutegvhd',
                name='skin',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(4)], verbose_name='Skin stage'),
            ), migrations.AlterField(
                model_name='acutegvhd',
                name='upper_gi',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='Upper GI stage'),
            ), migrations.AlterField(
                model_name='adverseevent',
                name='special_interest',
                field=models.CharField(blank=True, choices=[('CRS', 'Cytokine release syndrome'), ('NEUROTOXICITY', 'Neurotoxicity, seizure'), ('INFECTION', 'Infection'), ('TLS', 'Tumour lysis'), ('SOS', 'Sinusoidal obstruction'), ('HLH', 'Haemophagocytosis'), ('CYTOPENIA', 'Prolonged cytopenia'), ('PANCREATITIS', 'Pancreatitis'), ('MEDICATION_ERROR', 'Medication error, overdose'), ('INFUSION_REACTION', 'Infusion reaction'), ('HYPOGAMMAGLOBULINAEMIA', 'Low immunoglobulin that needs replacement'), ('OPPORTUNISTIC', 'Opportunistic infection'), ('PREGNANCY', 'Pregnancy'), ('SECOND_MALIGNANCY', 'Second malignancy'), ('OTHER', 'Other')], default='', max_length=30, verbose_name='Event of special interest'),
            ), migrations.AlterField(
                model_name='adverseevent',
                name='term',
                field=models.CharField(help_text='type the beginning and choose from the list', max_length=200, verbose_name='Event (CTCAE term)'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='eyes',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: none, or entirely explained by another cause'), (1, '1: dry, drops up to 3 times a day'), (2, '2: drops more than 3 times a day or plugs, sight kept'), (3, '3: unable to work, or loss of sight')], null=True, verbose_name='Eyes'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='genital',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: none, or entirely explained by another cause'), (1, '1: mild signs'), (2, '2: moderate signs'), (3, '3: severe signs')], null=True, verbose_name='Genital tract'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='gi',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(3)], verbose_name='Gastrointestinal tract'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='joints',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: none, or entirely explained by another cause'), (1, '1: mild tightness, daily life not affected'), (2, '2: contractures, moderate loss of movement'), (3, '3: severe loss of movement, daily life limited')], null=True, verbose_name='Joints and fascia'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='liver',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(3)], verbose_name='Liver'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='lungs',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(3)], verbose_name='Lungs'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='mouth',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: none, or entirely explained by another cause'), (1, '1: mild symptoms, eating not limited'), (2, '2: eating partly limited'), (3, '3: eating greatly limited')], null=True, verbose_name='Mouth'),
            ), migrations.AlterField(
                model_name='chronicgvhd',
                name='skin',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where it was not measured, or you judge otherwise', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(3)], verbose_name='Skin'),
            ), migrations.AlterField(
                model_name='cytokinerelease',
                name='hypotension',
                field=models.CharField(blank=True, choices=[('NONE', 'None'), ('FLUIDS', 'Without vasopressor'), ('VASOPRESSOR', 'Needs vasopressors: name them below'), ('ONE_PRESSOR', 'One vasopressor, with or without vasopressin'), ('PRESSORS', 'Several vasopressors, vasopressin not counted')], default='', max_length=30, verbose_name='Hypotension'),
            ), migrations.AlterField(
                model_name='cytokinerelease',
                name='oxygen',
                field=models.CharField(blank=True, choices=[('NONE', 'Room air'), ('CANNULA', 'Nasal cannula'), ('BLOW_BY', 'Blow-by'), ('HIGH_FLOW_CANNULA', 'High-flow nasal cannula'), ('MASK', 'Face mask'), ('NON_REBREATHER', 'Non-rebreather mask'), ('VENTURI', 'Venturi mask'), ('CPAP', 'CPAP'), ('BIPAP', 'BiPAP'), ('INTUBATED', 'Intubated and ventilated'), ('LOW_FLOW', 'Cannula up to 6 L/min or blow-by'), ('HIGH_FLOW', 'Above 6 L/min, mask, non-rebreather, Venturi'), ('PRESSURE', 'CPAP, BiPAP or intubation')], default='', max_length=30, verbose_name='Oxygen'),
            ), migrations.AlterField(
                model_name='icescore',
                name='attention',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: no'), (1, '1: yes')], null=True, verbose_name='Counting back from 100 by 10'),
            ), migrations.AlterField(
                model_name='icescore',
                name='command',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: no'), (1, '1: yes')], null=True, verbose_name='Following a command'),
            ), migrations.AlterField(
                model_name='icescore',
                name='orientation',
                field=models.PositiveSmallIntegerField(blank=True, help_text='only where the four answers were not noted', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(4)], verbose_name='Orientation: year, month, city, hospital'),
            ), migrations.AlterField(
                model_name='icescore',
                name='writing',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: no'), (1, '1: yes')], null=True, verbose_name='Writing a sentence'),
            ), migrations.AlterField(
                model_name='vitalsigns',
                name='ecog',
                field=models.PositiveSmallIntegerField(blank=True, choices=[(0, '0: fully active'), (1, '1: strenuous activity restricted, walks about'), (2, '2: cares for self, up more than half of waking hours'), (3, '3: limited self-care, in bed or chair more than half of waking hours'), (4, '4: completely disabled'), (5, '5: dead')], null=True, verbose_name='ECOG performance status'),
            ), migrations.CreateModel(
                name='Admission',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('form_key', models.CharField(editable=False, max_length=20)),
                    ('form_repeat', models.PositiveSmallIntegerField(default=1, editable=False)),
                    ('state', models.CharField(choices=[('submitted', 'Submitted'), ('voided', 'Voided')], default='submitted', editable=False, max_length=12)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                    ('performed_on', models.DateField(blank=True, null=True, verbose_name='date')),
                    ('extra', models.JSONField(blank=True, default=dict, editable=False)),
                    ('missing', models.JSONField(blank=True, default=dict, editable=False)),
                    ('ward', models.CharField(blank=True, default='', max_length=300, verbose_name='Hospital and ward')),
                    ('reason', models.CharField(choices=[(assessments.domain.admissions.Reason['CHEMOTHERAPY'], 'Chemotherapy'), (assessments.domain.admissions.Reason['BLINATUMOMAB'], 'Start of blinatumomab'), (assessments.domain.admissions.Reason['HSCT'], 'Transplantation'), (assessments.domain.admissions.Reason['CAR_T'], 'CAR-T cells'), (assessments.domain.admissions.Reason['RELAPSE'], 'Relapse or progression'), (assessments.domain.admissions.Reason['SOCIAL'], 'Social reasons'), (assessments.domain.admissions.Reason['ADVERSE_EVENT'], 'Adverse event'), (assessments.domain.admissions.Reason['OTHER'], 'Other')], max_length=20, verbose_name='Admitted for')),
                    ('planned', models.BooleanField(null=True, verbose_name='Planned')),
                    ('planned_days', models.PositiveSmallIntegerField(blank=True, help_text='days from admission to the planned discharge', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='Planned length of stay')),
                    ('left_on', models.DateField(blank=True, help_text='empty: still in hospital', null=True, verbose_name='Discharged on')),
                    ('event', models.PositiveSmallIntegerField(blank=True, help_text='that led to the admission, or prolonged it', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='Adverse event')),
                    ('comment', models.CharField(blank=True, default='', max_length=300, verbose_name='Comment')),
                    ('protocol_version', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.protocolversion')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                    ('visit', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.visit')),
                ],
                options={
                    'abstract': False,
                    'indexes': [models.Index(fields=['subject', 'form_key'], name='admission_subject')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'voided'), _negated=True), fields=('visit', 'form_key', 'form_repeat'), name='admission_one_per_slot')],
                },
            ), migrations.CreateModel(
                name='AdmissionDecision',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('criterion', models.CharField(choices=[(assessments.domain.sae.Criterion['DEATH'], 'Death'), (assessments.domain.sae.Criterion['LIFE_THREATENING'], 'Life-threatening'), (assessments.domain.sae.Criterion['HOSPITALISATION'], 'Admission to hospital'), (assessments.domain.sae.Criterion['PROLONGATION'], 'Longer stay in hospital'), (assessments.domain.sae.Criterion['DISABILITY'], 'Lasting or significant disability'), (assessments.domain.sae.Criterion['CONGENITAL'], 'Congenital anomaly'), (assessments.domain.sae.Criterion['IMPORTANT'], 'Otherwise medically important')], max_length=20, verbose_name='criterion')),
                    ('reason', models.CharField(max_length=500, verbose_name='why it is no SAE')),
                    ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='assessments.admission')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'verbose_name': 'decision on an admission',
                    'ordering': ['decided_at', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('record', 'criterion'), name='admission_decided_once')],
                },
            ), migrations.CreateModel(
                name='AwaitedOfDisease',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('index-sample', 'Draw the index sample for NGS'), ('repeat-counts', 'Repeat the blood counts'), ('repeat-marrow', 'Repeat the marrow'), ('confirm-mrd', 'Confirm the positive MRD'), ('sample-send', 'Send the sample'), ('sample-receipt', 'Ask whether the sample arrived'), ('sample-report', 'Ask for the report of the sample'), ('sample-redraw', 'Draw the rejected sample again')], max_length=20)),
                    ('since', models.DateField()),
                    ('due', models.DateField()),
                    ('latest', models.DateField()),
                    ('visit_key', models.CharField(blank=True, default='', max_length=40)),
                    ('visit_repeat', models.PositiveSmallIntegerField(default=1)),
                    ('method', models.CharField(blank=True, default='', max_length=20)),
                    ('label', models.CharField(blank=True, default='', max_length=40)),
                    ('sample_id', models.UUIDField(null=True)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='casebook.subject')),
                ],
                options={
                    'indexes': [models.Index(fields=['study', 'site', 'latest'], name='awaited_of_disease')],
                },
            ), migrations.CreateModel(
                name='CalendarFeed',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('digest', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('revoked_at', models.DateTimeField(null=True)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'calendar feed',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('user',), name='one_calendar_feed_per_person')],
                },
            ), migrations.CreateModel(
                name='EventDecision',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('term', models.CharField(max_length=200, verbose_name='CTCAE term')),
                    ('starts_on', models.DateField(verbose_name='first value')),
                    ('known_until', models.DateField(verbose_name='last value')),
                    ('worst_grade', models.PositiveSmallIntegerField(verbose_name='worst grade')),
                    ('reason', models.CharField(max_length=300, verbose_name='reason')),
                    ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'verbose_name': 'declined proposal of an adverse event',
                    'indexes': [models.Index(fields=['subject', 'term'], name='eventdecision_subject')],
                },
            ), migrations.CreateModel(
                name='ExtramedullarySite',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('line', models.PositiveSmallIntegerField(editable=False)),
                    ('voided', models.BooleanField(default=False, editable=False)),
                    ('extra', models.JSONField(blank=True, default=dict, editable=False)),
                    ('place', models.CharField(blank=True, choices=[('CNS', 'Central nervous system'), ('TESTIS', 'Testis'), ('SKIN', 'Skin'), ('LYMPH_NODE', 'Lymph node'), ('MEDIASTINUM', 'Mediastinum'), ('OTHER', 'Another site')], default='', max_length=30, verbose_name='Site of disease')),
                    ('method', models.CharField(blank=True, choices=[('EXAMINATION', 'Examination'), ('CT', 'CT'), ('MRI', 'MRI'), ('PET', 'PET-CT'), ('US', 'Ultrasound'), ('CSF', 'Cerebrospinal fluid'), ('BIOPSY', 'Biopsy')], default='', max_length=30, verbose_name='Looked for by')),
                    ('finding', models.CharField(blank=True, choices=[('NEW', 'New'), ('PRESENT', 'Present, as before'), ('RESOLVED', 'Resolved, or not there')], default='', max_length=30, verbose_name='Finding')),
                    ('note', models.CharField(blank=True, default='', max_length=120, verbose_name='Where exactly, size')),
                    ('record', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='assessments.marrowassessment')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'ordering': ['line'],
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('record', 'line'), name='extramedullarysite_line')],
                },
            ), migrations.CreateModel(
                name='GradeChange',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('line', models.PositiveSmallIntegerField(editable=False)),
                    ('voided', models.BooleanField(default=False, editable=False)),
                    ('extra', models.JSONField(blank=True, default=dict, editable=False)),
                    ('grade', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='CTCAE grade')),
                    ('action', models.CharField(blank=True, choices=[('NONE', 'None'), ('REDUCED', 'Dose reduced'), ('INTERRUPTED', 'Interrupted or delayed'), ('STOPPED', 'Stopped for good'), ('NA', 'Not applicable')], default='', max_length=30, verbose_name='Action then')),
                    ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='Note')),
                    ('since_text', models.CharField(blank=True, default='', max_length=10)),
                    ('since_earliest', models.DateField(blank=True, null=True)),
                    ('since_latest', models.DateField(blank=True, null=True)),
                    ('record', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='track', to='assessments.adverseevent')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'ordering': ['line'],
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('record', 'line'), name='gradechange_line')],
                },
            ), migrations.CreateModel(
                name='LabName',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('laboratory', models.CharField(blank=True, default='', max_length=100, verbose_name='Laboratory')),
                    ('name', models.CharField(max_length=100, verbose_name='Name as printed')),
                    ('analyte', models.CharField(max_length=30, verbose_name='Analyte')),
                    ('in_use', models.BooleanField(default=True, verbose_name='in use')),
                    ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('told_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'name of an analyte at a laboratory',
                    'constraints': [models.UniqueConstraint(fields=('study', 'site', 'laboratory', 'name'), name='a_laboratory_prints_a_name_for_one_analyte')],
                },
            ), migrations.CreateModel(
                name='LabTrayRow',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('label', models.CharField(max_length=100, verbose_name='Name as printed')),
                    ('result', models.CharField(max_length=60, verbose_name='Result')),
                    ('unit', models.CharField(blank=True, default='', max_length=30, verbose_name='Unit')),
                    ('reference', models.CharField(blank=True, default='', max_length=40, verbose_name='Limits as printed')),
                    ('drawn_on', models.DateField(null=True, verbose_name='Day of the draw')),
                    ('sample_time', models.TimeField(null=True, verbose_name='Sample time')),
                    ('laboratory', models.CharField(blank=True, default='', max_length=100, verbose_name='Laboratory')),
                    ('why', models.CharField(choices=[('name', 'no analyte has this name'), ('two-names', 'the name stands for two analytes'), ('unit', "the unit is none of this analyte's"), ('no-unit', 'without a unit it may be a count or a percentage'), ('specimen', 'not measured in blood'), ('number', 'the result is no number'), ('column', 'it cannot be told which draw it belongs to')], max_length=10, verbose_name='why it waits')),
                    ('state', models.CharField(choices=[('open', 'Waits in the tray'), ('assigned', 'Assigned to an analyte'), ('dismissed', 'Dismissed')], default='open', max_length=10)),
                    ('analyte', models.CharField(blank=True, default='', max_length=30, verbose_name='Analyte')),
                    ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='reason')),
                    ('kept_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('settled_at', models.DateTimeField(null=True)),
                    ('kept_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'verbose_name': 'row of the laboratory tray',
                    'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['study', 'site', 'subject'], name='tray_waiting')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('analyte', ''), ('reason', ''), ('settled_at', None), ('settled_by', None), ('state', 'open')), models.Q(('settled_at__isnull', False), ('settled_by__isnull', False), ('state', 'assigned'), models.Q(('analyte', ''), _negated=True)), models.Q(('settled_at__isnull', False), ('settled_by__isnull', False), ('state', 'dismissed'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='who_settles_a_tray_row_says_when_and_how')],
                },
            ), migrations.CreateModel(
                name='LoggedSample',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('purpose', models.CharField(choices=[('MRD', 'MRD'), ('INDEX', 'Index sample of diagnosis')], default='MRD', max_length=10, verbose_name='purpose')),
                    ('visit_key', models.CharField(blank=True, default='', max_length=40, verbose_name='visit')),
                    ('visit_repeat', models.PositiveSmallIntegerField(default=1)),
                    ('method', models.CharField(choices=[('MFC', 'Flow cytometry'), ('NGS_IG_TR', 'NGS of IG/TR'), ('RQPCR_IG_TR', 'RQ-PCR of IG/TR'), ('RTPCR_FUSION', 'RT-PCR of a fusion'), ('DPCR', 'Digital PCR')], max_length=20, verbose_name='method')),
                    ('specimen', models.CharField(choices=[('BM_FIRST_PULL', 'Marrow, first pull'), ('BM_OTHER', 'Marrow, later pull or unknown'), ('PB', 'Blood'), ('CSF', 'Cerebrospinal fluid')], max_length=20, verbose_name='specimen')),
                    ('label', models.CharField(max_length=40, verbose_name='code on the tube')),
                    ('state', models.CharField(choices=[('drawn', 'Drawn'), ('sent', 'Sent'), ('received', 'Received'), ('rejected', 'Rejected'), ('reported', 'Reported'), ('voided', 'Voided')], default='drawn', max_length=12)),
                    ('drawn_at', models.DateTimeField(verbose_name='drawn')),
                    ('sent_at', models.DateTimeField(null=True, verbose_name='sent')),
                    ('received_at', models.DateTimeField(null=True, verbose_name='received')),
                    ('rejected_at', models.DateTimeField(null=True, verbose_name='rejected')),
                    ('reject_reason', models.CharField(blank=True, choices=[('CLOTTED', 'Clotted or haemolysed'), ('TOO_LITTLE', 'Too little material'), ('TOO_OLD', 'Too long on the way'), ('TEMPERATURE', 'Wrong temperature on the way'), ('LABEL', 'Label missing or unreadable'), ('LOST', 'Lost on the way'), ('OTHER', 'Another reason')], default='', max_length=20, verbose_name='reason of the rejection')),
                    ('reported_at', models.DateTimeField(null=True, verbose_name='reported')),
                    ('result', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.mrdsample')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                    ('shipment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='samples', to='assessments.shipment')),
                ],
                options={
                    'verbose_name': 'sample',
                    'indexes': [models.Index(fields=['study', 'site', 'state'], name='sample_log_of_site'), models.Index(fields=['subject'], name='sample_log_of_subject')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'voided'), _negated=True), fields=('study', 'label'), name='a_tube_has_its_own_code'), models.CheckConstraint(condition=models.Q(models.Q(('reject_reason', ''), ('rejected_at', None)), models.Q(('rejected_at__isnull', False), models.Q(('reject_reason', ''), _negated=True)), _connector='OR'), name='a_rejected_sample_says_why')],
                },
            ), migrations.CreateModel(
                name='MeddraDictionary',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('version', models.CharField(max_length=10, unique=True, verbose_name='version')),
                    ('terms_count', models.PositiveIntegerField(verbose_name='terms')),
                    ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'MedDRA dictionary',
                },
            ), migrations.CreateModel(
                name='MeddraTerm',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('code', models.CharField(max_length=10)),
                    ('name', models.CharField(max_length=200)),
                    ('name_zh', models.CharField(blank=True, default='', max_length=200)),
                    ('key', models.CharField(max_length=200)),
                    ('preferred_code', models.CharField(max_length=10)),
                    ('preferred', models.CharField(max_length=200)),
                    ('current', models.BooleanField(default=True)),
                    ('dictionary', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='assessments.meddradictionary')),
                ],
                options={
                    'indexes': [models.Index(fields=['dictionary', 'key'], name='meddra_name', opclasses=['uuid_ops', 'varchar_pattern_ops']), models.Index(fields=['dictionary', 'name_zh'], name='meddra_name_zh')],
                    'constraints': [models.UniqueConstraint(fields=('dictionary', 'code'), name='meddra_code_once')],
                },
            ), migrations.CreateModel(
                name='MrdDeclaration',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('laboratory', models.CharField(max_length=100, verbose_name='laboratory')),
                    ('method', models.CharField(choices=[('MFC', 'Flow cytometry'), ('NGS_IG_TR', 'NGS of IG/TR'), ('RQPCR_IG_TR', 'RQ-PCR of IG/TR'), ('RTPCR_FUSION', 'RT-PCR of a fusion'), ('DPCR', 'Digital PCR')], max_length=20, verbose_name='method')),
                    ('lod', models.DecimalField(decimal_places=10, max_digits=12, verbose_name='limit of detection')),
                    ('loq', models.DecimalField(decimal_places=10, max_digits=12, null=True, verbose_name='limit of quantification')),
                    ('signed_on', models.DateField(verbose_name='date of the declaration')),
                    ('valid_from', models.DateField(verbose_name='valid from')),
                    ('signatory', models.CharField(max_length=80, verbose_name='who signed at the laboratory')),
                    ('document', models.CharField(blank=True, default='', max_length=120, verbose_name='where the document is filed')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                    ('withdrawn_why', models.CharField(blank=True, default='', max_length=300, verbose_name='why it is withdrawn')),
                    ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'declaration of a laboratory',
                    'ordering': ['laboratory', 'method', '-valid_from'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None), ('withdrawn_why', '')), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_why', ''), _negated=True)), _connector='OR'), name='who_withdraws_a_declaration_says_when_and_why'), models.CheckConstraint(condition=models.Q(('lod__gt', 0), ('lod__lte', 1), models.Q(('loq', None), models.Q(('loq__gte', models.F('lod')), ('loq__lte', 1)), _connector='OR')), name='declared_limits_are_fractions_in_order')],
                },
            ), migrations.CreateModel(
                name='ProposedEvent',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('NEW', 'New event'), ('CHANGED', 'Grade changed'), ('ENDED', 'Recovered'), ('EXPECTED', 'Not proposed by the protocol')], max_length=10, verbose_name='proposal')),
                    ('term', models.CharField(max_length=200, verbose_name='CTCAE term')),
                    ('starts_on', models.DateField(verbose_name='first value')),
                    ('last_on', models.DateField(verbose_name='last value')),
                    ('ended_on', models.DateField(null=True, verbose_name='recovered on')),
                    ('worst_grade', models.PositiveSmallIntegerField(verbose_name='worst grade')),
                    ('track', models.JSONField(default=list)),
                    ('event_id', models.UUIDField(null=True)),
                    ('why_en', models.CharField(blank=True, default='', max_length=300)),
                    ('why_zh', models.CharField(blank=True, default='', max_length=300)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='casebook.subject')),
                ],
                options={
                    'indexes': [models.Index(fields=['study', 'site', 'kind'], name='proposedevent_open')],
                    'constraints': [models.UniqueConstraint(fields=('subject', 'term', 'starts_on'), name='an_episode_is_proposed_once')],
                },
            ), migrations.CreateModel(
                name='ReferenceRange',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('laboratory', models.CharField(blank=True, default='', max_length=100, verbose_name='Laboratory')),
                    ('analyte', models.CharField(max_length=30, verbose_name='Analyte')),
                    ('sex', models.CharField(blank=True, choices=[('', 'Both'), ('M', 'Men'), ('F', 'Women')], default='', max_length=1, verbose_name='Sex')),
                    ('age_from', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True, verbose_name='Age from')),
                    ('age_below', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True, verbose_name='Age below')),
                    ('unit', models.CharField(max_length=20, verbose_name='Unit')),
                    ('lln', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='Lower limit')),
                    ('uln', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='Upper limit')),
                    ('lln_canonical', models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True, verbose_name='Lower limit, standard unit')),
                    ('uln_canonical', models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True, verbose_name='Upper limit, standard unit')),
                    ('effective_from', models.DateField(verbose_name='In force from')),
                    ('source', models.CharField(max_length=200, verbose_name='Source')),
                    ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='Reason')),
                    ('moved', models.JSONField(blank=True, default=list, verbose_name='grades that moved')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                    ('withdrawn_why', models.CharField(blank=True, default='', max_length=300, verbose_name='why it is withdrawn')),
                    ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='assessments.referencerange')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'reference range',
                    'indexes': [models.Index(condition=models.Q(('withdrawn_at', None)), fields=['study', 'site', 'analyte'], name='range_standing')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('lln__isnull', False), ('uln__isnull', False), _connector='OR'), name='a_range_has_a_limit'), models.CheckConstraint(condition=models.Q(('lln', None), ('uln', None), ('lln__lte', models.F('uln')), _connector='OR'), name='limits_of_a_range_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('lln', None), ('lln_canonical', None)), models.Q(('lln__isnull', False), ('lln_canonical__isnull', False)), _connector='OR'), name='a_lower_limit_is_converted'), models.CheckConstraint(condition=models.Q(models.Q(('uln', None), ('uln_canonical', None)), models.Q(('uln__isnull', False), ('uln_canonical__isnull', False)), _connector='OR'), name='an_upper_limit_is_converted'), models.CheckConstraint(condition=models.Q(('replaces', None), models.Q(('reason', ''), _negated=True), _connector='OR'), name='who_corrects_a_range_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None), ('withdrawn_why', '')), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_why', ''), _negated=True)), _connector='OR'), name='who_withdraws_a_range_says_when_and_why'), models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('study', 'site', 'laboratory', 'analyte', 'sex', 'age_from', 'age_below', 'effective_from'), name='one_range_for_the_same_people_and_day', nulls_distinct=False)],
                },
            ), migrations.CreateModel(
                name='SaeClock',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('record_id', models.UUIDField()),
                    ('form_key', models.CharField(max_length=20)),
                    ('form_repeat', models.PositiveSmallIntegerField()),
                    ('kind', models.CharField(choices=[(assessments.domain.sae.ClockKind['FORM'], 'SAE form'), (assessments.domain.sae.ClockKind['ADMISSION'], 'Decision on the admission'), (assessments.domain.sae.ClockKind['INTEREST'], 'Report of special interest to the sponsor'), (assessments.domain.sae.ClockKind['SPONSOR'], 'Report to the sponsor'), (assessments.domain.sae.ClockKind['ETHICS'], 'Report to the ethics committee'), (assessments.domain.sae.ClockKind['REGULATOR'], 'SUSAR report to the authority'), (assessments.domain.sae.ClockKind['FOLLOW_UP'], 'SUSAR follow-up to the authority')], max_length=10)),
                    ('criterion', models.CharField(blank=True, choices=[(assessments.domain.sae.Criterion['DEATH'], 'Death'), (assessments.domain.sae.Criterion['LIFE_THREATENING'], 'Life-threatening'), (assessments.domain.sae.Criterion['HOSPITALISATION'], 'Admission to hospital'), (assessments.domain.sae.Criterion['PROLONGATION'], 'Longer stay in hospital'), (assessments.domain.sae.Criterion['DISABILITY'], 'Lasting or significant disability'), (assessments.domain.sae.Criterion['CONGENITAL'], 'Congenital anomaly'), (assessments.domain.sae.Criterion['IMPORTANT'], 'Otherwise medically important')], default='', max_length=20)),
                    ('event', models.PositiveSmallIntegerField(null=True)),
                    ('started_at', models.DateTimeField(null=True)),
                    ('due_at', models.DateTimeField(null=True)),
                    ('done_at', models.DateTimeField(null=True)),
                    ('provisional', models.BooleanField(default=False)),
                    ('susar', models.CharField(blank=True, default='', max_length=7)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='casebook.subject')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['due_at', 'id'], name='sae_clock_pressing'), models.Index(fields=['study', 'site', 'record_id'], name='sae_clock_of_study')],
                    'constraints': [models.UniqueConstraint(fields=('record_id', 'kind', 'criterion'), name='sae_clock_once')],
                },
            ), migrations.CreateModel(
                name='SaeNotice',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('record_id', models.UUIDField()),
                    ('kind', models.CharField(choices=[(assessments.domain.sae.ClockKind['FORM'], 'SAE form'), (assessments.domain.sae.ClockKind['ADMISSION'], 'Decision on the admission'), (assessments.domain.sae.ClockKind['INTEREST'], 'Report of special interest to the sponsor'), (assessments.domain.sae.ClockKind['SPONSOR'], 'Report to the sponsor'), (assessments.domain.sae.ClockKind['ETHICS'], 'Report to the ethics committee'), (assessments.domain.sae.ClockKind['REGULATOR'], 'SUSAR report to the authority'), (assessments.domain.sae.ClockKind['FOLLOW_UP'], 'SUSAR follow-up to the authority')], max_length=10)),
                    ('point', models.CharField(choices=[(assessments.domain.sae.Point['NEW'], 'new'), (assessments.domain.sae.Point['HALF'], 'half of the time gone'), (assessments.domain.sae.Point['OVERDUE'], 'overdue')], max_length=10)),
                    ('sent_at', models.DateTimeField(auto_now_add=True)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('user', 'record_id', 'kind', 'point'), name='sae_notice_once')],
                },
            ), migrations.CreateModel(
                name='SampleStep',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('action', models.CharField(choices=[('draw', 'Log as drawn'), ('send', 'Send'), ('receive', 'Received by the laboratory'), ('reject', 'Rejected by the laboratory'), ('report', 'Report has come'), ('void', 'Void: logged by mistake')], max_length=12, verbose_name='step')),
                    ('happened_at', models.DateTimeField(verbose_name='happened')),
                    ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='reason')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('sample', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='assessments.loggedsample')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'verbose_name': 'step of a sample',
                    'ordering': ['recorded_at', 'pk'],
                },
            ), migrations.CreateModel(
                name='SeriousEvent',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('form_key', models.CharField(editable=False, max_length=20)),
                    ('form_repeat', models.PositiveSmallIntegerField(default=1, editable=False)),
                    ('state', models.CharField(choices=[('submitted', 'Submitted'), ('voided', 'Voided')], default='submitted', editable=False, max_length=12)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                    ('performed_on', models.DateField(blank=True, null=True, verbose_name='date')),
                    ('extra', models.JSONField(blank=True, default=dict, editable=False)),
                    ('missing', models.JSONField(blank=True, default=dict, editable=False)),
                    ('event', models.PositiveSmallIntegerField(null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='Adverse event')),
                    ('report_kind', models.CharField(choices=[('INITIAL', 'Initial report'), ('FOLLOW_UP', 'Follow-up report'), ('FINAL', 'Final report')], max_length=10, verbose_name='Kind of report')),
                    ('follow_up_number', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='Number of the follow-up')),
                    ('what_changed', models.TextField(blank=True, default='', help_text='of a follow-up or final report', verbose_name='What is new in this report')),
                    ('death', models.BooleanField(null=True, verbose_name='Death')),
                    ('life_threatening', models.BooleanField(null=True, verbose_name='Life-threatening')),
                    ('hospitalisation', models.BooleanField(null=True, verbose_name='Admission to hospital')),
                    ('prolongation', models.BooleanField(null=True, verbose_name='Longer stay in hospital')),
                    ('disability', models.BooleanField(null=True, verbose_name='Lasting or significant disability')),
                    ('congenital', models.BooleanField(null=True, verbose_name='Congenital anomaly')),
                    ('important', models.BooleanField(null=True, verbose_name='Otherwise medically important')),
                    ('site_aware_at', models.DateTimeField(help_text='from here the clock runs, weekends count', null=True, verbose_name='The site knew at')),
                    ('sponsor_told_at', models.DateTimeField(blank=True, help_text='stops the clock; leave empty until it is sent', null=True, verbose_name='Sent to the sponsor at')),
                    ('ethics_told_at', models.DateTimeField(blank=True, help_text='stops the clock; leave empty until it is sent', null=True, verbose_name='Sent to the ethics committee at')),
                    ('narrative', models.TextField(blank=True, default='', help_text='course, findings, relevant history', verbose_name='What happened')),
                    ('treatment', models.TextField(blank=True, default='', verbose_name='What was done about it')),
                    ('outcome', models.CharField(blank=True, choices=[('RECOVERED', 'Recovered'), ('RECOVERING', 'Recovering'), ('NOT_RECOVERED', 'Not recovered'), ('SEQUELAE', 'Recovered with sequelae'), ('FATAL', 'Fatal'), ('UNK', 'Not known yet')], default='', max_length=30, verbose_name='Outcome')),
                    ('reporter', models.CharField(blank=True, default='', help_text='role and department', max_length=300, verbose_name='Reported by')),
                    ('protocol_version', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.protocolversion')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                    ('visit', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.visit')),
                ],
                options={
                    'abstract': False,
                    'indexes': [models.Index(fields=['subject', 'form_key'], name='seriousevent_subject')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'voided'), _negated=True), fields=('visit', 'form_key', 'form_repeat'), name='seriousevent_one_per_slot')],
                },
            ), migrations.CreateModel(
                name='SaeVersion',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveSmallIntegerField(verbose_name='version')),
                    ('kind', models.CharField(choices=[('INITIAL', 'Initial report'), ('FOLLOW_UP', 'Follow-up report'), ('FINAL', 'Final report')], max_length=10, verbose_name='report')),
                    ('follow_up_number', models.PositiveSmallIntegerField(null=True, verbose_name='number of the follow-up')),
                    ('content', models.JSONField()),
                    ('event_content', models.JSONField(default=dict)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                    ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='assessments.seriousevent')),
                ],
                options={
                    'verbose_name': 'version of an SAE report',
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('record', 'number'), name='sae_version_once')],
                },
            ), migrations.CreateModel(
                name='SaeAssessment',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('sponsor_aware_at', models.DateTimeField(blank=True, null=True, verbose_name='The sponsor knew at')),
                    ('cause_chemo', models.CharField(blank=True, choices=[('RELATED', 'Related'), ('POSSIBLE', 'Possible'), ('UNLIKELY', 'Unlikely'), ('NOT_RELATED', 'Not related'), ('NA', 'Not given')], default='', max_length=30, verbose_name='Caused by chemotherapy')),
                    ('cause_blinatumomab', models.CharField(blank=True, choices=[('RELATED', 'Related'), ('POSSIBLE', 'Possible'), ('UNLIKELY', 'Unlikely'), ('NOT_RELATED', 'Not related'), ('NA', 'Not given')], default='', max_length=30, verbose_name='Caused by blinatumomab')),
                    ('cause_venetoclax', models.CharField(blank=True, choices=[('RELATED', 'Related'), ('POSSIBLE', 'Possible'), ('UNLIKELY', 'Unlikely'), ('NOT_RELATED', 'Not related'), ('NA', 'Not given')], default='', max_length=30, verbose_name='Caused by venetoclax')),
                    ('cause_car_t', models.CharField(blank=True, choices=[('RELATED', 'Related'), ('POSSIBLE', 'Possible'), ('UNLIKELY', 'Unlikely'), ('NOT_RELATED', 'Not related'), ('NA', 'Not given')], default='', max_length=30, verbose_name='Caused by CAR-T cells')),
                    ('cause_hsct', models.CharField(blank=True, choices=[('RELATED', 'Related'), ('POSSIBLE', 'Possible'), ('UNLIKELY', 'Unlikely'), ('NOT_RELATED', 'Not related'), ('NA', 'Not given')], default='', max_length=30, verbose_name='Caused by transplantation')),
                    ('expectedness', models.CharField(blank=True, choices=[('EXPECTED', 'Expected'), ('UNEXPECTED', 'Unexpected')], default='', max_length=30, verbose_name='Expectedness')),
                    ('reference', models.CharField(blank=True, default='', max_length=300, verbose_name='Reference safety information and version')),
                    ('regulator_told_at', models.DateTimeField(blank=True, null=True, verbose_name='Sent to the authority at')),
                    ('follow_up_told_at', models.DateTimeField(blank=True, null=True, verbose_name='Follow-up sent to the authority at')),
                    ('comment', models.CharField(blank=True, default='', max_length=1000, verbose_name='Comment')),
                    ('assessed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('assessed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                    ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='assessments.seriousevent')),
                ],
                options={
                    'verbose_name': "sponsor's assessment of an SAE",
                    'ordering': ['assessed_at', 'pk'],
                },
            ), migrations.CreateModel(
                name='Shipment',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('laboratory', models.CharField(max_length=100, verbose_name='laboratory')),
                    ('courier', models.CharField(blank=True, default='', max_length=80, verbose_name='courier')),
                    ('consignment', models.CharField(blank=True, default='', max_length=60, verbose_name='consignment number')),
                    ('sent_at', models.DateTimeField(verbose_name='sent')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('sent_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                ],
                options={
                    'verbose_name': 'shipment',
                    'indexes': [models.Index(fields=['study', 'site', 'sent_at'], name='shipment_of_site')],
                },
            ), migrations.CreateModel(
                name='SiteDay',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('day', models.DateField(verbose_name='day')),
                    ('kind', models.CharField(choices=[('CLOSED', 'closed'), ('OPEN', 'working day')], max_length=10, verbose_name='what the day is')),
                    ('words', models.CharField(max_length=100, verbose_name='why')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                    ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'day of a site',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('study', 'site', 'day'), name='a_site_says_once_what_a_day_is'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='who_withdraws_a_site_day_says_when')],
                },
            ), migrations.DeleteModel(
                name='ReminderSent',
            )],
        ),
    ]
