"""A kind's details as a form and as JSON, derived from its table: kept apart from base.py, which models import."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.utils.translation import gettext as _
from rest_framework import serializers

from events.kinds.base import Details
from exchange.api import ModelSerializer, VisibleField
from exchange.pages import PageModelForm


def own_fields(model: type[Details]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if not field.primary_key]


LARGEST_NUMBER = 9999
LONGEST_TEXT = 20_000


class DetailsForm(PageModelForm):
    """Shape of a kind's own fields; related rows are narrowed to what the user may see."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, forms.IntegerField):
                field.validators.append(MaxValueValidator(LARGEST_NUMBER))
            elif isinstance(field.widget, forms.Textarea):
                field.validators.append(MaxLengthValidator(LONGEST_TEXT))

    def limit(self, user: Any) -> None:
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                queryset: Any = field.queryset
                field.queryset = queryset.visible_to(user).filter(**self.instance.limits.get(name, {})).order_by("name_zh")


class DetailsSerializer(ModelSerializer):
    """The same for the API: an id of a row that the caller may not see is as good as none."""

    serializer_related_field = VisibleField

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields)) if isinstance(self.initial_data, dict) else []
        if unknown:
            raise serializers.ValidationError({name[:80]: [_("This kind of program has no such detail.")] for name in unknown}, code="unknown_field")
        return attrs

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, options = super().build_standard_field(field_name, model_field)
        if issubclass(field_class, serializers.IntegerField):
            options["max_value"] = LARGEST_NUMBER
        elif model_field.get_internal_type() == "TextField":
            options["max_length"] = LONGEST_TEXT
        return field_class, options

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        field_class, options = super().build_relational_field(field_name, relation_info)
        if "queryset" in options:
            details: Any = self.Meta.model
            options["queryset"] = relation_info.related_model.objects.filter(**details.limits.get(field_name, {}))
        return field_class, options


def details_form(model: type[Details]) -> type[DetailsForm]:
    widgets: dict[str, Any] = {name: forms.Textarea(attrs={"rows": 6}) for name in _long(model)}
    form: Any = forms.modelform_factory(model, form=DetailsForm, fields=own_fields(model), widgets=widgets)
    return form


def _long(model: type[Details]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if field.get_internal_type() == "TextField"]


def details_serializer(model: type[Details]) -> type[DetailsSerializer]:
    meta = type("Meta", (), {"model": model, "fields": own_fields(model), "ref_name": model.__name__})
    return type(f"{model.__name__}Serializer", (DetailsSerializer,), {"Meta": meta})
